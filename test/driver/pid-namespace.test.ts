// Whose /proc is read, by fake trees: the host's, one of a namespace, one behind HOST_ROOT, and such
// as do not tell.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import { judge } from "../../src/driver/host-findings.ts";
import { checkPidNamespace } from "../../src/driver/pid-namespace.ts";
import { FakeHost, goodFacts } from "./fake-host.ts";

const hosts = "pid:[4026531836]";
const own = "pid:[4026532617]";

let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
});
afterEach(() => host.remove());

/** What is refused, or else what is false. */
function outcome(hostRoot: string, isAllowed = false): string | null {
  try {
    return checkPidNamespace(hostRoot, isAllowed, host.root);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error.code;
  }
}

describe("refused where /proc is not the host's", () => {
  test.each([
    ["the host", { "proc/1/ns/pid": hosts }, "", null],
    ["a namespace of its own", { "proc/1/ns/pid": own, "proc/self/ns/pid": own }, "", "refused"],
    [
      "another's /proc, from the host",
      { "proc/1/ns/pid": own, "proc/self/ns/pid": hosts },
      "",
      "refused",
    ],
    [
      "the host's /proc, from a namespace",
      { "proc/1/ns/pid": hosts, "proc/self/ns/pid": own },
      "",
      null,
    ],
    ["process 1 not to be looked at", { "proc/self/ns/pid": own }, "", "refused"],
    ["the same on the host", { "proc/self/ns/pid": hosts }, "", null],
    ["the host's files", { "proc/1/ns/pid": own, "host/proc/1/ns/pid": hosts }, "/host", null],
    ["others' files", { "proc/1/ns/pid": hosts, "host/proc/1/ns/pid": own }, "/host", "refused"],
    ["a kernel without such namespaces", {}, "", null],
    ["a link of another form", { "proc/1/ns/pid": "mnt:[4026531841]" }, "", null],
  ] as const)("%s", (_, links, hostRoot, expected) => {
    for (const [path, target] of Object.entries(links)) {
      host.link(path, target);
    }
    expect(outcome(hostRoot)).toBe(expected === null ? null : "PID_NAMESPACE");
    const caveat = outcome(hostRoot, true);
    expect(caveat === null).toBe(expected === null);
    if (caveat !== null) {
      expect(caveat).toContain(`${hostRoot}/proc is that of another pid namespace (${own})`);
    }
  });
});

test("check fails there with the same remedy", () => {
  const report = judge({ ...goodFacts, pidNamespace: { link: own, isHosts: false } }, null);
  const finding = report.host.find(({ name }) => name === "pid namespace");
  expect(report.ready).toBe(false);
  expect(finding).toMatchObject({ status: "fail" });
  expect(finding?.remedy).toStartWith("start it with --pid=host (hostPID: true in a pod)");
});
