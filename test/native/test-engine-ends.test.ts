// Scripted ends of descriptors that no close tells of: close_range, as the eBPF probe of this program
// sends it. Another thread may open a number behind it, before the call's own end is seen.

import { describe, expect, test } from "bun:test";
import { captureAll, ofKind } from "../support/scripts/captured-records.ts";
import { cloneFlag, type Script, scriptOfOne } from "../support/scripts/scripted-capture.ts";

const [leader, thread] = [100, 101];
/** The library's number of the call, and the kernel's. */
const [closeRange, native] = [392, 436];
const cloexec = 4;

const opened = () =>
  scriptOfOne()
    .open(leader, 3, "/tmp/a")
    .open(leader, 4, "/tmp/b")
    .open(leader, 5, "/tmp/c")
    .clone(leader, thread, { flags: cloneFlag.THREAD | cloneFlag.FILES, pid: leader });
const enter = (script: Script) => script.add(leader, "GENERIC_E", closeRange, native);
const exit = (script: Script, ...params: readonly number[]) =>
  script.add(leader, "GENERIC_X", closeRange, ...params);
const closed = (...params: readonly number[]) => exit(enter(opened()), ...params);

const cases: readonly [what: string, script: Script, ended: readonly string[]][] = [
  ["a range", closed(0, 3, 4, 0), ["3 /tmp/a", "4 /tmp/b"]],
  ["one without an end", closed(0, 4, 0xffff_ffff, 0), ["4 /tmp/b", "5 /tmp/c"]],
  ["one of others", closed(0, 6, 9, 0), []],
  ["one that fails", closed(-22, 3, 4, 0), []],
  ["one that marks them only", closed(0, 3, 4, cloexec), []],
  ["a call whose begin is not seen", exit(opened(), 0, 5, 5, 0), ["5 /tmp/c"]],
  [
    "a number that was opened behind it",
    exit(enter(opened()).open(thread, 3, "/tmp/new"), 0, 3, 4, 0).write(leader, 3, 1),
    ["3 /tmp/a", "4 /tmp/b"],
  ],
];

describe("close_range", () => {
  test.each(cases)("ends what is open: %s", (_, script, expected) => {
    const captured = captureAll(script.options());
    const ended = ofKind(captured, "descriptorOp").filter(({ op }) => op === "ended");
    expect(ended.map(({ fd, object }) => `${fd} ${object}`)).toEqual([...expected]);
    expect(captured.stats).toMatchObject({ malformed: 0, noDescriptor: 0 });
  });
});
