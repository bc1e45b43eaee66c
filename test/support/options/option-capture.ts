// A capture in which every option that acts on a replay has something to act on. It is scripted, so
// that nothing of the machine is in it, and recorded through the library as a live one is.

import { openCapture } from "../../../src/capture/capture.ts";
import { cloneFlag, type Script, scriptOfOne, secondNs, v4 } from "../scripts/scripted-capture.ts";

/** libscap's numbers (PPM_O_*). */
const openFlag = { RDONLY: 1, WRONLY: 2, RDWR: 3, DIRECTORY: 1 << 10 } as const;
const AT_FDCWD = -100;
const client = v4("10.0.0.1", 40_000);
const server = v4("10.0.0.2", 443);
export const containerId = "0123456789ab".padEnd(64, "c");

/** Process 100 is on the host, 200 in a container; 80 seconds from the first event to the last. */
function script(): Script {
  const { RDONLY, WRONLY, RDWR, DIRECTORY } = openFlag;
  const made = scriptOfOne();
  made.open(100, 3, "/home/read", AT_FDCWD, RDONLY).read(100, 3, 10).close(100, 3);
  made.open(100, 3, "/usr/lib/libx.so", AT_FDCWD, RDONLY).read(100, 3, 10).close(100, 3);
  made.open(100, 3, "/usr/lib/both", AT_FDCWD, RDWR).write(100, 3, 10).close(100, 3);
  made.open(100, 3, "/home/written", AT_FDCWD, WRONLY).write(100, 3, 10).close(100, 3);
  made.open(100, 3, "/home/folder", AT_FDCWD, RDONLY | DIRECTORY).close(100, 3);
  made.mkdir(100, "/home/made");
  made.socket(100, 4, "tcp").connect(100, 4, client, server).close(100, 4);
  made.clone(100, 101, { pid: 100, flags: cloneFlag.THREAD | cloneFlag.FILES }).exit(101);
  const cgroups = `cpu=/docker/${containerId}`;
  made.clone(100, 200, { cgroups }).exec(200, "/bin/inside", [], cgroups);
  made.mkdir(200, "/tmp/inside").exit(200);
  made.wait(40n * secondNs).mkdir(100, "/home/later");
  return made.wait(40n * secondNs).mkdir(100, "/home/last");
}

/** @param path of the capture to be written */
export function writeOptionCapture(path: string): void {
  const capture = openCapture(script().options({ recordPath: path }));
  try {
    while (!capture.eof) {
      capture.next(100);
    }
  } finally {
    capture.close();
  }
}
