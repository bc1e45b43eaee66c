// What test/truth/names.c does with one name, as the facts that must be found of it.

import { textOf } from "./byte-text.ts";
import type { Fact } from "./workload.ts";

/** The fact of one call; `second` is the path that comes after it, where there are two. */
type Call = readonly [flags: string, first: string, second?: string];

/** @param handles: whether a file of that name was also opened by its handle. */
export function nameFacts(
  pid: number,
  parent: string,
  name: Buffer,
  handles: boolean,
): readonly Fact[] {
  const text = textOf(name);
  const path = textOf(Buffer.concat([Buffer.from(`${parent}/`), name]));
  const path2 = textOf(Buffer.concat([Buffer.from(`${parent}/`), name, Buffer.from("2")]));
  const event = ([flags, first, second]: Call): Fact => ({
    kind: "FileEvent",
    pid,
    flags,
    path: first,
    ...(second !== undefined && { newPath: second }),
  });
  const flow = (of: string): Fact => ({
    kind: "FileFlow",
    pid,
    flags: "OPEN WRITE_SEND CLOSE",
    path: of,
    writes: 1,
    writeBytes: 5,
  });
  const changes: readonly Call[] = ["CHMOD", "CHOWN", "CHOWN", "CHOWN", "RESIZE"].map(
    (flags) => [flags, path] as const,
  );
  const calls: readonly Call[] = [
    ["MKDIR", parent],
    ...changes,
    ["CHMOD", path],
    ["CHMOD", path],
    ["CHMOD", path],
    ["CHOWN", path],
    ["CHOWN", path],
    ["RESIZE", path],
    ["LINK", path, path2],
    ["UNLINK", path2],
    ["LINK", path, path2],
    ["LINK", path2, path],
    ["UNLINK", path2],
    ["UNLINK", path2],
    ["RENAME", path, path2],
    ["RENAME", path2, path],
    ["RENAME", path, path2],
    ...Array<Call>(7).fill(["UNLINK", path]),
    ["MKNOD", path],
    ["MKNOD", path],
    ["MOUNT", "none", path],
    ["UMOUNT", path],
    ["MKDIR", path],
    ["MKDIR", path],
    ["UNLINK", `${path}/by-chdir`],
    ["UNLINK", `${path}/by-fchdir`],
    ["UNLINK", `${path}/program`],
    ["RMDIR", path],
    ["RMDIR", parent],
  ];
  const exec = (exe: string, args: string): Fact => ({
    kind: "ProcessEvent",
    flags: "EXEC",
    ret: 0,
    exe,
    args,
  });
  return [
    ...calls.map(event),
    ...Array.from({ length: handles ? 5 : 4 }, () => flow(path)),
    flow(`${path}/by-chdir`),
    flow(`${path}/by-fchdir`),
    exec(`${path}/program`, `${text} end`),
    exec(path, "end"),
    exec(path, "end"),
    exec(path, "end"),
    // Their targets lie beside them.
    event(["SYMLINK", path, path]),
    event(["SYMLINK", path2, path]),
  ];
}
