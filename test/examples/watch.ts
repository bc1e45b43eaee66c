// Programs that are started and files that are written, as they happen, or with a capture as argument
// those in it. Live capture needs root. Ctrl-C ends it.

import { opFlags, SysFlowDriver } from "libsysflow";

const driver = new SysFlowDriver({ capturePath: process.argv[2] ?? "" });
process.once("SIGINT", () => driver.exit());

for await (const item of driver) {
  const { container, file1, record } = item;
  const time = new Date(item.timeMs ?? 0).toISOString();
  const who = `${container?.name ?? "host"} ${item.process?.exe}`;
  if (record.kind === "ProcessEvent" && record.opFlags === opFlags.OP_EXEC) {
    process.stdout.write(`${time} ${who} started ${item.process?.exeArgs}\n`);
  } else if (record.kind === "FileFlow" && record.numWSendBytes > 0) {
    process.stdout.write(`${time} ${who} wrote ${record.numWSendBytes} bytes to ${file1?.path}\n`);
  }
}

process.stderr.write(`${driver.summary?.events} events, ${driver.summary?.ended}\n`);
