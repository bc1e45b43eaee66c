// `sysflow collect --list-syscalls`: the table of system calls, for a person or as JSON.

import { loadBinding } from "../../capture/binding.ts";
import { unseen } from "../../driver/syscall-sets.ts";
import { modeText, recordText, syscallGroups, syscallRows } from "../../driver/syscall-table.ts";
import { print } from "../standard-streams.ts";

export async function runListSyscalls(json: boolean): Promise<void> {
  const rows = syscallRows(loadBinding().syscallActions());
  if (json) {
    await print(`${JSON.stringify({ syscalls: rows, unseen }, null, 2)}\n`);
    return;
  }
  const groups = syscallGroups(rows).map(({ names, row }) => [
    names.join(" "),
    `    record   ${recordText(row)}`,
    `    modes    ${modeText(row)}`,
    `    failed   ${row.onFailure}`,
  ]);
  const rest = unseen.map(({ what, why }) => [what, `    ${why}`]);
  const lines = [...groups.flat(), "", "Makes no record:", "", ...rest.flat()];
  await print(`${lines.join("\n")}\n`);
}
