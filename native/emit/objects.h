// What stands for paths and sockets in a batch. A handle is defined before its first use; when the
// table is full all of them become void.
#ifndef SYSFLOW_NATIVE_EMIT_OBJECTS_H_
#define SYSFLOW_NATIVE_EMIT_OBJECTS_H_

#include <cstddef>
#include <string_view>

#include "emit/output.h"
#include "falco/state/descriptors.h"
#include "tables/object_table.h"

namespace sysflow {

class Objects {
 public:
  Objects(Output& output, Counters& counters) : output_(output), counters_(counters) {}

  // The handle of what the descriptor is open on. Makes room first: one record may name no other
  // object before this one.
  u32 ForDescriptor(const sinsp_fdinfo& fd_info);

  // The handle of a path. There must be room.
  u32 ForPath(std::string_view path);

  // Once for each record, before its objects: all of them are still valid when it is written.
  void MakeRoom();

  // Counts a path that libsinsp holds only in part.
  void CountCut(std::string_view path);

  size_t size() const { return table_.size(); }

 private:
  u32 ForSocket(const SocketFacts& facts);

  Output& output_;
  Counters& counters_;
  ObjectTable table_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_OBJECTS_H_
