// Paths and other texts of events. The kernel tells of three kinds: given, given but empty, and not
// to be read, be it that there is no memory or that it was not there yet. The third is unknown, and
// never a file of some name in the working directory.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_TEXT_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_TEXT_H_

#include <libsinsp/sinsp.h>

#include <optional>
#include <string>
#include <string_view>

namespace sysflow {

// Of a path that is not known. No path that is reads so: see PathFrom().
inline constexpr std::string_view kUnknownPath = "<NA>";

// The text of a parameter, as long as the event lives; nothing where it could not be read. `param`
// may be null.
std::optional<std::string_view> TextOf(sinsp_evt& event, const sinsp_evt_param* param);

// The text of a parameter beyond those that the event's type declares.
std::optional<std::string_view> TextBeyond(const scap_evt& event, size_t index);

// What the kernel makes of a path that counts from `folder`, which is empty where it is not known:
// the path then stays relative. An empty path names nothing.
std::string PathFrom(std::string_view folder, const std::optional<std::string_view>& path);

// The same for a call that ended so. Where it failed because its path is longer than events hold,
// what there is of that ends in a mark, so that it is not taken for another's.
std::string PathOfCall(int64_t result, std::string_view folder,
                       const std::optional<std::string_view>& path);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_EVENT_TEXT_H_
