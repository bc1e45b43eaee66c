// A Process record of which nothing is known but its id: what a table fills, or puts in a forgotten
// one's place.

import type { Process } from "./record.gen.ts";
import { objectState } from "./values.ts";

export function emptyProcess(createLo: number, createHi: number, hpid: number): Process {
  return {
    kind: "Process",
    state: objectState.REUP,
    oid: { createLo, createHi, hpid },
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
  };
}
