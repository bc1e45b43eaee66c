// Policies that change while a run goes on: loaded once they stand still, and kept where the new ones
// cannot be used.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import { Log } from "../../src/base/log.ts";
import { PolicyReload } from "../../src/pipeline/policy-reload.ts";

let contents = "one";
let loaded: string[] = [];
let lines: string[] = [];
let looks = 0;
let reload: PolicyReload<string>;

beforeEach(() => {
  contents = "one";
  loaded = [];
  lines = [];
  looks = 0;
  reload = new PolicyReload({
    fingerprint: () => {
      looks += 1;
      return contents;
    },
    load: async () => {
      if (contents.startsWith("bad")) {
        const detail = ["rules.yaml:3:7: there is no attribute x"];
        throw new OperatorError("POLICY_INVALID", "cannot use the policies", { detail });
      }
      return contents;
    },
    onLoaded: (rules) => {
      loaded.push(rules);
      return "7 rules";
    },
    log: new Log({ write: (line) => lines.push(line) }),
    intervalMs: 5,
  });
});
afterEach(() => reload.stop());

/** Resolves after so many looks at the files. */
async function looked(count: number): Promise<void> {
  const end = looks + count;
  while (looks < end) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("nothing is loaded while nothing changes", async () => {
  reload.start();
  await looked(5);
  expect(loaded).toEqual([]);
});

test("a change is loaded once, when it stands still", async () => {
  reload.start();
  await looked(1);
  // As a file that is being written: another text at each look.
  for (let i = 0; i < 4; i++) {
    contents = `part ${i}`;
    await looked(1);
  }
  expect(loaded).toEqual([]);
  contents = "two";
  await looked(4);
  expect(loaded).toEqual(["two"]);
  expect(lines).toEqual(["sysflow: info: policies loaded anew: 7 rules\n"]);
});

test("what cannot be used is told once, and the next change is tried again", async () => {
  reload.start();
  contents = "bad";
  await looked(6);
  expect(loaded).toEqual([]);
  expect(lines).toEqual([
    "sysflow: error: cannot use the policies; the policies from before go on; " +
      "rules.yaml:3:7: there is no attribute x\n",
  ]);
  contents = "three";
  await looked(4);
  expect(loaded).toEqual(["three"]);
});

test("an operator's word loads them at once, changed or not", async () => {
  reload.reload();
  await Promise.resolve();
  expect(loaded).toEqual(["one"]);
});

test("of two loads the one that began later holds, whichever ends first", async () => {
  const ends: ((rules: string) => void)[] = [];
  const slow = new PolicyReload({
    fingerprint: () => "",
    load: () => new Promise<string>((resolve) => ends.push(resolve)),
    onLoaded: (rules) => {
      loaded.push(rules);
      return "";
    },
    log: new Log({ write: () => undefined }),
  });
  slow.reload();
  slow.reload();
  ends[1]?.("later");
  ends[0]?.("earlier");
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(loaded).toEqual(["later"]);
});

test("nothing is exchanged after the end", async () => {
  reload.reload();
  reload.stop();
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(loaded).toEqual([]);
});
