// See objects.h.
#include "emit/objects.h"

#include <cstring>
#include <optional>

#include "falco/paths.h"

namespace sysflow {

u32 Objects::ForDescriptor(const sinsp_fdinfo& fd_info) {
  MakeRoom();
  if (const std::optional<SocketFacts> facts = SocketOf(fd_info)) {
    return ForSocket(*facts);
  }
  const std::string& name = NameOf(fd_info);
  return name.empty() ? ForPath(UnnamedText(fd_info)) : ForPath(name);
}

u32 Objects::ForPath(std::string_view path) {
  const ObjectTable::Result result = table_.Intern(path);
  if (result.added) {
    CountCut(path);
    auto* record = output_.Append<PathRecord>();
    record->object = result.handle;
    record->path = output_.AppendName(record, path);
  }
  return result.handle;
}

u32 Objects::ForSocket(const SocketFacts& facts) {
  char key[1 + sizeof(SocketFacts)] = {0};
  std::memcpy(key + 1, &facts, sizeof(facts));
  const ObjectTable::Result result = table_.Intern({key, sizeof(key)});
  if (result.added) {
    auto* record = output_.Append<SocketRecord>();
    record->object = result.handle;
    record->family = facts.family;
    record->proto = facts.proto;
    record->sport = facts.sport;
    record->dport = facts.dport;
    record->sip0 = facts.sip[0];
    record->sip1 = facts.sip[1];
    record->sip2 = facts.sip[2];
    record->sip3 = facts.sip[3];
    record->dip0 = facts.dip[0];
    record->dip1 = facts.dip[1];
    record->dip2 = facts.dip[2];
    record->dip3 = facts.dip[3];
  }
  return result.handle;
}

void Objects::MakeRoom() {
  if (table_.full()) {
    output_.Append<ObjectResetRecord>();
    table_.Clear();
    output_.slots().Clear();
    Add(counters_.object_resets);
  }
}

void Objects::CountCut(std::string_view path) {
  if (IsCutPath(path)) [[unlikely]] {
    Add(counters_.paths_cut);
  }
}

}  // namespace sysflow
