// What processes do: clone, exec, exit, and calls that change their ids.
#ifndef SYSFLOW_NATIVE_EMIT_PROCESS_OPS_H_
#define SYSFLOW_NATIVE_EMIT_PROCESS_OPS_H_

#include <cstdint>
#include <unordered_map>

#include "emit/objects.h"
#include "emit/output.h"
#include "emit/processes.h"
#include "falco/events/process_call.h"
#include "falco/state/library.h"
#include "tables/enter_facts.h"

namespace sysflow {

class ProcessOps {
 public:
  ProcessOps(Library& library, Output& output, Processes& processes, Objects& objects,
             EnterFacts& entered)
      : library_(library),
        output_(output),
        processes_(processes),
        objects_(objects),
        entered_(entered) {}

  // A call begins whose end lacks what is told now.
  void OnEnter(sinsp_evt& event);

  void OnClone(sinsp_evt& event, uint64_t ts) { AppendRecord(event, kOpClone, ts); }
  void OnExec(sinsp_evt& event, uint64_t ts);
  void OnExit(sinsp_evt& event, uint64_t ts);
  void OnSetuid(sinsp_evt& event, uint64_t ts);
  void OnSetgid(sinsp_evt& event, uint64_t ts);

  // A thread ends whose end the filter leaves out.
  void OnFilteredExit(sinsp_threadinfo& thread);

 private:
  // The record is the batch's newest, so its text may still be appended.
  ProcessOpRecord* AppendRecord(sinsp_evt& event, u32 op, uint64_t ts);

  Library& library_;
  Output& output_;
  Processes& processes_;
  Objects& objects_;
  EnterFacts& entered_;
  std::unordered_map<int64_t, CalledProgram> called_programs_;  // by thread, while it calls exec
  // Processes that go on without their first thread, by pid: the status that it left with.
  std::unordered_map<int64_t, i32> leaders_gone_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_PROCESS_OPS_H_
