// See process_call.h.
#include "falco/events/process_call.h"

#include <string_view>

#include "falco/events/event.h"
#include "falco/events/event_text.h"
#include "falco/paths.h"

namespace sysflow {
namespace {

constexpr uint32_t kGroupAlive = 1;   // its process has others
constexpr uint32_t kGroupEnding = 2;  // its process ends as a whole

// The probe's word on the path of an exec that fails (native/patches, 0055).
constexpr size_t kTriedPath = 31;

}  // namespace

int32_t ProcessResult(sinsp_evt& event) {
  if (event.get_num_params() == 0) {
    return -1;
  }
  return static_cast<int32_t>(event.get_param(0)->as<int64_t>());
}

bool AsksForThread(sinsp_evt& clone) {
  const sinsp_evt_param* flags = FindParam(clone, "flags");
  return flags != nullptr && (flags->as<uint32_t>() & PPM_CL_CLONE_THREAD) != 0;
}

bool CallsProgram(sinsp_evt& enter) {
  const uint16_t type = TypeOf(enter);
  return type == PPME_SYSCALL_EXECVE_18_E || type == PPME_SYSCALL_EXECVE_19_E ||
         type == PPME_SYSCALL_EXECVEAT_E;
}

CalledProgram Called(sinsp_evt& enter) {
  sinsp_threadinfo& thread = *ThreadOf(enter);
  const sinsp_evt_param* dirfd = FindParam(enter, "dirfd");
  const sinsp_evt_param* name = FindParam(enter, dirfd == nullptr ? "filename" : "pathname");
  const sinsp_evt_param* flags = FindParam(enter, "flags");
  CalledProgram called;
  called.path = TextOf(enter, name);
  called.takes_empty = flags != nullptr && (flags->as<uint32_t>() & PPM_EXVAT_AT_EMPTY_PATH) != 0;
  const int64_t folder = dirfd == nullptr ? PPM_AT_FDCWD : dirfd->as<int64_t>();
  if (folder == PPM_AT_FDCWD) {
    called.folder = thread.get_cwd();
  } else if (const sinsp_fdinfo* descriptor = thread.get_fd(folder); descriptor != nullptr) {
    called.folder = descriptor->m_name == kUnknownPath ? std::string() : descriptor->m_name;
  }
  return called;
}

std::string TriedPath(sinsp_evt& exec, const CalledProgram* called) {
  CalledProgram lost;  // the call's begin; execve counts from the working directory
  if (called == nullptr && TypeOf(exec) != PPME_SYSCALL_EXECVEAT_X) {
    lost.folder = ThreadOf(exec)->get_cwd();
  }
  const CalledProgram& given = called == nullptr ? lost : *called;
  std::optional<std::string_view> path = given.path;
  if (!path.has_value()) {
    // The call's end tells the path, too, by when the kernel has read it.
    path = TextBeyond(*exec.get_scap_evt(), kTriedPath);
  }
  if (path.has_value() && path->empty() && given.takes_empty) {
    return given.folder.empty() ? std::string(kUnknownPath) : TidyPath(given.folder);
  }
  return PathOfCall(ProcessResult(exec), given.folder, path);
}

ThreadEnd ThreadEndOf(sinsp_evt& exit) {
  const sinsp_evt_param* group = FindParam(exit, "group");
  const uint32_t state = group == nullptr ? 0 : group->as<uint8_t>();
  return {(state & kGroupAlive) != 0, (state & kGroupEnding) != 0};
}

std::pair<int64_t, int64_t> EnteredFacts(sinsp_evt& enter) {
  const auto integer = [&enter](uint32_t param) { return enter.get_param(param)->as<int64_t>(); };
  const auto word = [&enter](uint32_t param) {
    return static_cast<int64_t>(enter.get_param(param)->as<uint32_t>());
  };
  switch (TypeOf(enter)) {
    case PPME_SYSCALL_SENDFILE_E:  // what is written comes first
      return {integer(1), integer(0)};
    case PPME_SYSCALL_SPLICE_E:
      return {integer(0), integer(1)};
    case PPME_SYSCALL_COPY_FILE_RANGE_E:
      return {integer(0), -1};
    case PPME_SYSCALL_SETRESUID_E:  // the effective id is the one that counts
      return {word(1), 0};
    case PPME_SYSCALL_SETGID_E:
    case PPME_SYSCALL_SETREGID_E:
    case PPME_SYSCALL_SETRESGID_E:  // the group from before the call
      return {ThreadOf(enter)->m_gid, 0};
    default:  // setuid's id, or the flags of mount and umount
      return {word(0), 0};
  }
}

// What the call asked for counts in the caller's user namespace. Records have the host's ids: those
// that the thread has afterwards, where the event tells them.
UidChange ReadUidChange(sinsp_evt& event, const std::optional<int64_t>& entered) {
  std::optional<uint32_t> asked;
  if (const sinsp_evt_param* param = FindParam(event, "euid")) {
    asked = param->as<uint32_t>();
  } else if (entered.has_value()) {
    asked = static_cast<uint32_t>(*entered);
  }
  const sinsp_evt_param* own = FindParam(event, "kuid");
  const sinsp_evt_param* user_namespace = FindParam(event, "userns");
  const bool is_nested = user_namespace != nullptr && user_namespace->as<uint32_t>() != 0;
  const bool changes = asked.has_value() && *asked != kNoUser;
  uint32_t uid = kNoUser;
  if (changes && own != nullptr && ProcessResult(event) == 0) {
    uid = own->as<uint32_t>();
  } else if (changes && !is_nested) {
    uid = *asked;
  }
  return {uid, asked != kNoUser};
}

bool TellsGroup(sinsp_evt& event) { return FindParam(event, "kgid") != nullptr; }

bool ChangesGroup(sinsp_evt& event, const std::optional<int64_t>& entered) {
  return entered.has_value() ? static_cast<uint32_t>(*entered) != ThreadOf(event)->m_gid
                             : ProcessResult(event) == 0;
}

}  // namespace sysflow
