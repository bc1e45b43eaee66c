// Turns libsinsp's events into batch records. Runs on the capture thread; owns every native table.
//
// What it keeps is only what crosses the boundary: handles and open Io slots. Which SysFlow record
// results is decided in TypeScript.

#ifndef SYSFLOW_NATIVE_EMIT_EMITTER_H_
#define SYSFLOW_NATIVE_EMIT_EMITTER_H_

#include <libsinsp/sinsp.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "batch/batch.h"
#include "batch/byte_text.h"
#include "batch/io_slots.h"
#include "falco/events/event_actions.h"
#include "falco/ipv6_socket.h"
#include "host/proc_budget.h"
#include "host/proc_text.h"
#include "tables/container_handles.h"
#include "tables/enter_facts.h"
#include "tables/object_table.h"
#include "tables/process_handles.h"

namespace sysflow {

// Written by the capture thread, read by any: a torn set of counters is fine, a torn counter is
// not.
struct EmitterStats {
  std::atomic<uint64_t> events{0};     // taken from libsinsp
  std::atomic<uint64_t> io_events{0};  // of these, reads and writes added to a slot
  std::atomic<uint64_t> records{0};    // batch records made
  std::atomic<uint64_t> batches{0};
  std::atomic<uint64_t> batch_bytes{0};
  std::atomic<uint64_t> no_thread{0};      // events whose thread libsinsp does not know
  std::atomic<uint64_t> no_descriptor{0};  // operations on a descriptor that it does not know
  // The same where libsinsp's table of threads, or the process's of descriptors, was full.
  std::atomic<uint64_t> no_thread_full{0};
  std::atomic<uint64_t> no_descriptor_full{0};
  std::atomic<uint64_t> malformed{0};  // events with parameters missing or of a wrong length
  std::atomic<uint64_t> filtered{0};   // events that the filter left out
  // Command lines and environments handed over cut: because the process had ended or changed, or
  // for their length, or because a capture holds no more of them.
  std::atomic<uint64_t> texts_cut_gone{0};
  std::atomic<uint64_t> texts_cut_limit{0};
  std::atomic<uint64_t> texts_cut_capture{0};
  // Things looked up in /proc no more because this second's allowance was used up.
  std::atomic<uint64_t> proc_reads_refused{0};
  std::atomic<uint64_t> paths_cut{0};  // paths and working directories that were too long
  std::atomic<uint64_t> last_ts{0};    // ns since the epoch, of the newest event
  std::atomic<uint64_t> processes{0};  // handles in use
  std::atomic<uint64_t> objects{0};
  std::atomic<uint64_t> threads{0};      // in libsinsp's table
  std::atomic<uint64_t> descriptors{0};  // in its tables, of all processes
  // Handles given up for want of room. Whatever they named is named again at its next use.
  std::atomic<uint64_t> processes_evicted{0};
  std::atomic<uint64_t> containers_evicted{0};
  std::atomic<uint64_t> object_resets{0};
};

// A PathOp record before its paths have handles. `second` is empty where there is one path.
struct PathCall {
  u32 op;
  int64_t result;
  std::string first;
  std::optional<std::string> second;  // of calls with two
  std::vector<std::string> args;
};

// Whose descriptor has ended, though it did not close it: a thread's (0: none's), or all of them's.
struct DescriptorEnd {
  u32 process;
  int64_t tid;
  int64_t fd;
  bool of_all_threads;
};

// What an exec that began was given.
struct CalledProgram {
  std::string folder;               // that a relative path counts from; empty where not known
  std::optional<std::string> path;  // nothing where it could not be read
  bool takes_empty = false;         // an empty path then is the descriptor's own
};

// Whether the thread has another number than the host's: it is in a pid namespace.
inline bool HasOwnPids(const sinsp_threadinfo& thread) {
  return thread.m_vtid > 0 && thread.m_vtid != thread.m_tid;
}

inline sinsp_threadinfo& LeaderOf(sinsp_threadinfo& thread) {
  sinsp_threadinfo* leader = thread.get_main_thread();
  return leader == nullptr ? thread : *leader;
}

struct EmitterOptions {
  size_t batch_records_max = 0;  // 0: only bytes and time end a batch
  std::string proc_folder;       // live: the host's /proc, for long texts; empty: none
};

class Emitter {
 public:
  // Takes the full batch and puts an empty one in its place. False when the reader has stopped; the
  // batch is then only cleared.
  using Submit = std::function<bool(std::unique_ptr<Batch>&)>;

  Emitter(sinsp& inspector, const EmitterOptions& options, EmitterStats& stats,
          std::unique_ptr<Batch> first, Submit submit);
  ~Emitter();
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  // Takes one event. False when the reader has stopped. `filtered`: libsinsp's filter turned it
  // down; it then makes no record but still ends what it ends.
  bool OnEvent(sinsp_evt& event, bool filtered);

  // No event came for a while and the wall clock says `now`: event time goes on all the same, and
  // what is there is handed over. Live captures only. False when the reader has stopped.
  bool OnIdle(uint64_t now);

  // Hands over what there is.
  bool Flush(bool eof);

 private:
  void Tick(uint64_t ts);
  bool NextBatch(bool eof);
  void Dispatch(sinsp_evt& event, Action action, uint64_t ts);
  void SealOnly(sinsp_evt& event, Action action);
  void PublishStats();
  // Whether libsinsp may read /proc for the event at hand.
  bool MayLookUp();

  void OnIo(sinsp_evt& event, bool is_write, uint64_t ts);
  int64_t OnMarkedMessage(sinsp_evt& event, bool is_write, int64_t result, uint64_t ts);
  void OnTransfer(sinsp_evt& event, uint64_t ts);
  // Adds one operation on the thread's descriptor. False where its kind makes no flow.
  bool AddIo(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info, bool is_write,
             int64_t result, uint64_t ts);
  IoRecord* OpenSlot(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info, char type,
                     uint64_t ts, const DescriptorIdentity& identity);
  void CountUnknown(sinsp_evt& event);
  void SettleSocket(sinsp_fdinfo& fd_info, int64_t result, SocketUse use);
  void SettleSocketOf(sinsp_evt& event, SocketUse use);
  void CountNoDescriptor(sinsp_threadinfo& thread);
  void CountNoThread();
  void OnConnect(sinsp_evt& event, uint64_t ts);
  void OnDescriptor(sinsp_evt& event, u32 op, uint64_t ts);
  void AppendDescriptorOp(sinsp_threadinfo& thread, u32 op, int64_t result,
                          const sinsp_fdinfo& fd_info, char type, uint64_t ts);
  // Called by libsinsp while it works on an event, which is then not seen here yet.
  void OnDescriptorEnd(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                       uint64_t ts);
  // Operations on descriptors that were looked up: see sinsp_fd_lookup.
  bool HoldIo(sinsp_threadinfo& thread, int64_t fd, bool is_write, int64_t result, uint64_t ts);
  bool HoldIoOf(sinsp_evt& event, bool is_write, uint64_t ts);
  void OnLookupSettled(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                       const sinsp_fd_lookup& lookup);
  void CountHeld(const sinsp_fd_lookup& lookup);
  void SettleLookups(uint64_t ts);
  bool LookAtDrops(uint64_t since);
  void EndAtSharers(const sinsp_threadinfo& thread, int64_t fd, u32 object, char type, uint64_t ts);
  void AppendEnded(const DescriptorEnd& end, u32 object, char type, uint64_t ts);
  void OnExec(sinsp_evt& event, uint64_t ts);
  void OnExit(sinsp_evt& event, uint64_t ts);
  void OnEnter(sinsp_evt& event);
  void OnSetuid(sinsp_evt& event, uint64_t ts);
  void OnSetgid(sinsp_evt& event, uint64_t ts);
  void OnPath(sinsp_evt& event, u32 op, uint64_t ts);
  void OnAttributes(sinsp_evt& event, u32 op, uint64_t ts);
  void OnMount(sinsp_evt& event, u32 op, uint64_t ts);
  void OnResize(sinsp_evt& event, uint64_t ts);
  void AppendPathOp(sinsp_evt& event, const PathCall& call, uint64_t ts);
  void OnContainer();

  // The record is the batch's newest, so its text may still be appended.
  ProcessOpRecord* AppendProcessOp(sinsp_evt& event, u32 op, uint64_t ts);
  // Ends the process's I/O so far and, where it is known by a handle, says its facts anew. False
  // where it is not.
  bool RefreshProcess(sinsp_threadinfo& thread, uint64_t ts);
  u32 ProcessFor(sinsp_threadinfo& thread, uint64_t ts);
  u32 DefineProcess(sinsp_threadinfo& thread, sinsp_threadinfo& leader, uint64_t ts, int depth);
  void AppendProcess(u32 handle, u32 parent, const sinsp_threadinfo& thread,
                     sinsp_threadinfo& leader, uint64_t ts);
  // Sends the whole of a text that libsinsp has cut, in pieces. False where that cannot be: the
  // record then holds what libsinsp has. Counts what remains cut.
  bool AppendWholeText(u32 handle, u16 part, const sinsp_threadinfo& leader,
                       const std::vector<std::string>& known, u32* count);
  // The same of a list that has grown beyond what one record takes, by what stands for its bytes.
  bool AppendLongList(u32 handle, u16 part, const std::vector<std::string>& items, u32* count);
  void AppendPieces(u32 handle, u16 part, std::string_view text);
  u32 ParentOf(sinsp_threadinfo& leader, uint64_t ts, int depth);
  u32 ContainerFor(const sinsp_threadinfo& thread);
  void AppendContainer(ContainerEntry& container);
  void ReleaseProcess(int64_t pid);
  void MarkExited(sinsp_threadinfo& thread);
  void SweepProcesses();
  void SweepThreads();

  u32 ObjectFor(const sinsp_fdinfo& fd_info);
  u32 PathObject(std::string_view path);
  void CountCut(std::string_view path);
  u32 SocketObject(const SocketFacts& facts);
  void MakeObjectRoom();

  // The next record. It may begin a new batch, so no pointer into the batch outlives this call.
  template <typename T>
  T* Append() {
    if (!batch_->HasRoom()) {
      NextBatch(false);
    }
    return batch_->Append<T>();
  }

  // The text of a name behind the newest record.
  template <typename T>
  Span AppendName(T* record, std::string_view bytes) {
    return batch_->AppendText(record, ByteText(bytes, text_));
  }

  sinsp& inspector_;
  const EmitterOptions options_;
  EmitterStats& stats_;
  const ActionTable& actions_;
  const Submit submit_;

  std::unique_ptr<Batch> batch_;
  ProcBudget proc_budget_;
  std::optional<ProcRead> library_read_;  // under way
  static constexpr size_t kHeldMax = 4096;
  std::vector<std::pair<int64_t, int64_t>> held_;  // threads and descriptors with held operations
  uint64_t held_ops_ = 0;                          // of all of them
  uint64_t drops_ = 0;                             // when last looked at
  uint64_t drops_until_ = 0;
  uint64_t drops_looked_ts_ = 0;
  ProcText proc_text_;
  IoSlots slots_;
  ProcessHandles processes_;
  ObjectTable objects_;
  ContainerHandles containers_;
  std::string text_;                // what a name becomes, until the next one
  std::vector<std::string> lists_;  // the same for a list
  std::string container_told_;      // whose metadata the event at hand brought
  EnterFacts entered_;
  std::unordered_map<int64_t, CalledProgram> called_programs_;  // by thread, while it calls exec
  // Processes that go on without their first thread, by pid: the status that it left with.
  std::unordered_map<int64_t, i32> leaders_gone_;

  bool stopped_ = false;
  uint64_t events_ = 0;
  uint64_t io_events_ = 0;
  uint64_t last_ts_ = 0;
  uint64_t deadline_ts_ = 0;  // the next tick or the end of this batch, whichever is first
  uint64_t next_tick_ts_ = 0;
  uint64_t batch_end_ts_ = 0;
  u32 second_ = 0;
  u32 sweep_second_ = 0;      // no pass over the processes begins before
  bool is_sweeping_ = false;  // one is under way
  u32 thread_sweep_second_ = 0;
  size_t thread_bucket_ = 0;  // of libsinsp's table: where the pass over it goes on
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_EMITTER_H_
