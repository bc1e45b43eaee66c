// Paths as the acting process saw them: joined and tidied as text, never looked up on a file
// system.
#ifndef SYSFLOW_NATIVE_FALCO_PATHS_H_
#define SYSFLOW_NATIVE_FALCO_PATHS_H_

#include <string>
#include <string_view>

namespace sysflow {

// Removes empty, "." and ".." components of an absolute path. Symbolic links stay as they are
// named: only the process's own file system, at that moment, could resolve them. A relative path is
// returned unchanged.
std::string TidyPath(std::string_view path);

// `path` as seen from `base`; unchanged where it is absolute or there is no base. What is longer
// than the kernel takes or gives is cut as <libsinsp/bounded_path.h> says.
std::string JoinPath(std::string_view base, std::string_view path);

// Whether a path was cut so.
bool IsCutPath(std::string_view path);

// The folder that an absolute, tidy path lies in.
std::string_view ParentOf(std::string_view path);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_PATHS_H_
