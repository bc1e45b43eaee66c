// `sysflow recover PATH… [--json]`: makes whole files of what writers that died have left.

import { OperatorError } from "../../base/errors.ts";
import { type ExitStatus, exitStatus } from "../../base/exit-status.ts";
import { escapeControls } from "../../base/log.ts";
import { loadBinding } from "../../capture/binding.ts";
import { Progress } from "../../show/progress.ts";
import { partsAt, type Recovered, recoverPart } from "../../write/file/recovery.ts";
import { usageError } from "../parse.ts";
import { print } from "../standard-streams.ts";

/** @param places part files, and folders that have some. @throws OperatorError */
export async function runRecover(places: readonly string[], json: boolean): Promise<ExitStatus> {
  if (places.length === 0) {
    throw usageError(
      "ARGUMENT_MISSING",
      "recover needs part files or folders: sysflow recover PATH",
    );
  }
  const { bytes, parts } = partsAt(places);
  const { lockFile } = loadBinding();
  const progress = new Progress({ bytesTotal: bytes, what: "records" });
  const all: Recovered[] = [];
  let [read, records] = [0, 0];
  for (const part of parts) {
    const one = await recoverPart(part, lockFile, (more) => {
      read += more;
      progress.update(read, records);
    });
    records += one.records;
    all.push(one);
  }
  progress.close();
  const lines = all.length === 0 ? "nothing to recover: no part files\n" : all.map(line).join("");
  await print(json ? `${JSON.stringify(all, null, 2)}\n` : lines);
  const left = all.filter(({ outcome }) => outcome === "refused");
  if (left.length > 0) {
    const message = `cannot recover ${left.length} of ${all.length} files: they stay as they are`;
    throw new OperatorError("RECOVERY_INCOMPLETE", message, {
      detail: left.map(({ part, why }) => escapeControls(`${part}: ${why}`)),
    });
  }
  return exitStatus.OK;
}

function line({ bytesCut, outcome, part, path, records, why }: Recovered): string {
  return `${escapeControls(`${part}: ${words()}`)}\n`;

  function words(): string {
    switch (outcome) {
      case "whole":
        return `now ${path}, ${records} records kept, ${bytesCut} bytes cut off`;
      case "empty":
        return `removed, no whole block was in its ${bytesCut} bytes`;
      case "alive":
        return "left alone, its writer lives";
      case "refused":
        return `left alone, ${why}`;
      default:
        return outcome satisfies never;
    }
  }
}
