// Turns libsinsp's events into batch records. Runs on the capture thread; owns every native table.
// This is the event loop's side: ticks, batches, and which part takes an event. Each part beside it
// owns what it keeps.
//
// What it keeps is only what crosses the boundary: handles and open Io slots. Which SysFlow record
// results is decided in TypeScript.

#ifndef SYSFLOW_NATIVE_EMIT_EMITTER_H_
#define SYSFLOW_NATIVE_EMIT_EMITTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "emit/containers.h"
#include "emit/descriptor_ops.h"
#include "emit/io.h"
#include "emit/long_texts.h"
#include "emit/objects.h"
#include "emit/output.h"
#include "emit/path_ops.h"
#include "emit/process_ops.h"
#include "emit/processes.h"
#include "emit/unknown.h"
#include "falco/engine.h"
#include "falco/events/event_actions.h"
#include "falco/state/library.h"
#include "host/proc_budget.h"
#include "tables/enter_facts.h"

namespace sysflow {

struct EmitterOptions {
  size_t batch_records_max = 0;  // 0: only bytes and time end a batch
  std::string proc_folder;       // live: the host's /proc, for long texts; empty: none
};

class Emitter {
 public:
  // The engine is open and outlives this. `submit` as Output says.
  Emitter(OpenEngine& engine, const EmitterOptions& options, Counters& counters,
          std::unique_ptr<Batch> first, Output::Submit submit);
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
  LibraryHooks Hooks();
  void Tick(uint64_t ts);
  void Dispatch(sinsp_evt& event, Action action, uint64_t ts);
  void EndOnly(sinsp_evt& event, Action action);
  void EndResults(sinsp_evt& event, Action action, int64_t pid);
  void PublishCounters();
  bool MayLookUp();
  void OnDescriptorEnd(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                       uint64_t ts);

  const size_t batch_records_max_;
  Counters& counters_;
  const ActionTable& actions_;

  EventTime time_;
  uint64_t events_ = 0;
  uint64_t deadline_ts_ = 0;  // the next tick or the end of this batch, whichever is first
  uint64_t next_tick_ts_ = 0;
  uint64_t batch_end_ts_ = 0;
  ProcBudget budget_;
  std::optional<ProcRead> library_read_;  // under way
  EnterFacts entered_;

  // In the order in which they need each other; the library tells of nothing before it is asked.
  Library library_;
  Output output_;
  Objects objects_;
  Containers containers_;
  LongTexts long_texts_;
  Processes processes_;
  Unknown unknown_;
  ProcessOps process_ops_;
  PathOps path_ops_;
  DescriptorOps descriptor_ops_;
  Io io_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_EMITTER_H_
