// One line for each record, by a callback: a container's records by its name, with the files that they
// are about. The argument is a capture; without it this host is watched for ten seconds.

import { eventOpsText, isSysFlowError, SysFlowDriver } from "libsysflow";

const capturePath = process.argv[2] ?? "";
const driver = new SysFlowDriver({
  capturePath,
  durationSec: capturePath === "" ? 10 : null,
  callback: (header, container, process_, file1, file2, record) => {
    const ops = "opFlags" in record ? eventOpsText(record.opFlags) : "";
    const files = [file1, file2].flatMap((file) => (file === null ? [] : [file.path])).join(" → ");
    const who = `${container?.id ?? "host"} ${process_?.oid.hpid} ${process_?.exe}`;
    process.stdout.write(`${header.exporter} ${record.kind} ${who} ${ops} ${files}\n`);
  },
});

try {
  const summary = await driver.run();
  process.stderr.write(`${summary?.recordsTotal} records of ${summary?.events} events\n`);
} catch (error) {
  if (!isSysFlowError(error)) {
    throw error;
  }
  process.stderr.write(`${error.message} [${error.code}]\n`);
  process.exitCode = 1;
}
