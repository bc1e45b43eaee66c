// What stands in a record of a process of which only the id is known.

import { expect, test } from "bun:test";
import { emptyProcess } from "../../src/sysflow/empty-process.ts";
import { objectState } from "../../src/sysflow/values.ts";

test("nothing is claimed of it: no user, no group, no name, no time", () => {
  expect(emptyProcess(1, 2, 3)).toEqual({
    kind: "Process",
    state: objectState.REUP,
    oid: { createLo: 1, createHi: 2, hpid: 3 },
    poid: null,
    tsLo: 0,
    tsHi: 0,
    exe: "",
    exeArgs: "",
    uid: -1,
    userName: "",
    gid: -1,
    groupName: "",
    tty: false,
    containerId: null,
    entry: false,
    cwd: "",
    env: [],
    loginuid: -1,
  });
});
