// Copies from .sf files those records that are about one program, and the entities that they refer to:
// `select FROM TO PROGRAM`. FROM is a file or a folder.

import { openSysFlow, SysFlowWriter } from "libsysflow";

const [from = "", to = "", program = ""] = process.argv.slice(2);
const writer = new SysFlowWriter({ path: to, schema: 6 });
let read = 0;
let written = 0;

for await (const { record, process: task } of openSysFlow(from)) {
  read += 1;
  const isEntity = ["SFHeader", "Container", "Pod", "Process", "File"].includes(record.kind);
  if (isEntity || task?.exe === program) {
    writer.write(record);
    written += 1;
  }
}

writer.close();
process.stdout.write(`${written} of ${read} records\n`);
