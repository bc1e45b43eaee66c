// Names and folders in texts of paths, by the rules of Go's path/filepath, which upstream's
// attributes follow; but an empty path has an empty name and folder here, not ".". And sockets' paths,
// before which the capture library puts the two ends' addresses in the kernel.

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

/** All before the last slash, cleaned: `/a` of `/a/b`, `.` of `b`, "" of "". */
export function directoryOf(path: string): string {
  return path === "" ? "" : cleanPath(path.slice(0, path.lastIndexOf("/") + 1));
}

/** Without doubled slashes, `.` elements, and what `..` takes back. "." of what is then empty. */
function cleanPath(path: string): string {
  if (isClean(path)) {
    return path.slice(0, -1);
  }
  const isRooted = path.charCodeAt(0) === slash;
  const kept: string[] = [];
  for (const element of path.split("/")) {
    if (element === "..") {
      if (kept.length > 0 && kept.at(-1) !== "..") {
        kept.pop();
      } else if (!isRooted) {
        kept.push(element);
      }
    } else if (element !== "" && element !== ".") {
      kept.push(element);
    }
  }
  const joined = kept.join("/");
  return isRooted ? `/${joined}` : joined === "" ? "." : joined;
}

/** Whether nothing but the slash at its end is to be taken from a folder's path; false in doubt. */
function isClean(path: string): boolean {
  return path.length > 1 && !path.includes("//") && !path.includes("/.") && !path.startsWith(".");
}

/** White space off both ends; most texts have none, and are given as they are. */
export function trimmed(text: string): string {
  return isInk(text.charCodeAt(0)) && isInk(text.charCodeAt(text.length - 1)) ? text : text.trim();
}

function isInk(code: number): boolean {
  return code > 0x20 && code < 0x80;
}

/** A path and the addresses that stood before it, or "". */
export interface SocketPath {
  readonly path: string;
  readonly ends: string;
}

/** `HEX->HEX PATH`; or with the arrow as JSON escapes it, of which `>` has become three digits. */
const socketForms: readonly string[] = ["->", "-\\u"];

/**
 * Splits off the addresses. The path ends at the next white space, as upstream reads it.
 * @returns null where there are none: most paths are plain
 */
export function socketPath(text: string): SocketPath | null {
  for (const arrow of socketForms) {
    const at = text.indexOf(arrow);
    const found = at > 0 && at <= addressCharsMax ? endsAround(text, at, arrow) : null;
    if (found !== null) {
      return found;
    }
  }
  return null;
}

const addressDigits = 16;
/** More than that, some of them zeros. */
const addressCharsMax = 40;

function endsAround(text: string, at: number, arrow: string): SocketPath | null {
  const start = skipSpace(text, 0);
  const afterArrow = at + arrow.length;
  const end = skipHex(text, afterArrow);
  if (start === at || skipHex(text, start) !== at || end === afterArrow) {
    return null;
  }
  const pathStart = skipSpace(text, end);
  const pathEnd = skipInk(text, pathStart);
  if (pathEnd === pathStart) {
    return null;
  }
  const from = plainHex(text.slice(start, at));
  const to = plainHex(text.slice(afterArrow, end));
  if (from.length > addressDigits || to.length > addressDigits) {
    return null;
  }
  return { path: text.slice(pathStart, pathEnd), ends: from + arrow + to };
}

/** Lower case, no zeros in front. */
function plainHex(digits: string): string {
  return BigInt(`0x${digits}`).toString(16);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") {
    at += 1;
  }
  return at;
}

function skipInk(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) > 0x20) {
    at += 1;
  }
  return at;
}

/** At most as many digits as an address may have. */
function skipHex(text: string, from: number): number {
  let at = from;
  while (at - from < addressCharsMax && "0123456789abcdefABCDEF".includes(text[at] ?? " ")) {
    at += 1;
  }
  return at;
}
