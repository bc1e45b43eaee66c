// Names of files in texts of paths, by the rules of Go's path/filepath, which upstream's attributes
// follow; but an empty path has an empty name here, not ".".

const slash = 0x2f;

/** The last element of a path without slashes at its end: `b` of `/a/b/`. "" of "", "/" of "//". */
export function baseName(path: string): string {
  let end = path.length;
  while (end > 0 && path.charCodeAt(end - 1) === slash) {
    end -= 1;
  }
  if (end === 0) {
    return path === "" ? "" : "/";
  }
  const start = path.lastIndexOf("/", end - 1) + 1;
  return start === 0 && end === path.length ? path : path.slice(start, end);
}
