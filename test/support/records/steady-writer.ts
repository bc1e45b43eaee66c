// A program of its own, to be killed: writes numbered records without end into a live file output,
// and says every few milliseconds how many it has handed over and when. Its folder is its argument.

import fs from "node:fs";
import { loadBinding } from "../../../src/capture/binding.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { sampleFileFlow, sampleHeader } from "./sample-records.ts";

const [folder = "."] = process.argv.slice(2);
const startSec = Math.floor(Date.now() / 1000);
const writer = new FileWriter({
  path: `${folder}/out`,
  suffix: ".sf",
  rotateIntervalSec: 1,
  // A few files a second, so that a kill often comes amidst an end or a beginning.
  rotateBytes: 300_000,
  startSec,
  lock: loadBinding().lockFile,
  codec: "null",
  queue: { bytesMax: 64 << 20, whenFull: "drop", onDiskFull: "discard" },
  onNotice: (message) => fs.writeSync(2, `${message}\n`),
});
writer.header(sampleHeader);

let number = 0;
for (;;) {
  // In bursts and pauses: with the latter the block of a second comes.
  const burst = Math.random() < 0.02 ? 3000 : 20;
  for (let i = 0; i < burst; i++) {
    writer.fileFlow(sampleFileFlow(number++));
  }
  writer.rotateDue(Math.floor(Date.now() / 1000));
  fs.writeSync(1, `${number} ${Date.now()}\n`);
  await Bun.sleep(Math.random() < 0.02 ? 300 : 4);
}
