// See paths.h.
#include "falco/paths.h"

#include <libsinsp/bounded_path.h>

#include <vector>

namespace sysflow {

std::string TidyPath(std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return std::string(path);
  }
  std::vector<std::string_view> parts;
  size_t start = 1;
  while (start <= path.size()) {
    size_t end = path.find('/', start);
    if (end == std::string_view::npos) {
      end = path.size();
    }
    const std::string_view part = path.substr(start, end - start);
    if (part == "..") {
      if (!parts.empty()) {
        parts.pop_back();
      }
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    start = end + 1;
  }
  std::string tidy;
  tidy.reserve(path.size());
  for (const std::string_view part : parts) {
    tidy += '/';
    tidy += part;
  }
  return tidy.empty() ? "/" : tidy;
}

std::string JoinPath(std::string_view base, std::string_view path) {
  if (base.empty() || (!path.empty() && path.front() == '/')) {
    return TidyPath(path);
  }
  std::string joined(base);
  joined += '/';
  joined += path;
  return bounded_path(is_cut(base) ? joined : TidyPath(joined));
}

bool IsCutPath(std::string_view path) { return is_cut(path); }

std::string_view ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return path.substr(0, slash == 0 ? 1 : slash);
}

}  // namespace sysflow
