// Refuses live events where /proc is that of another pid namespace than the host's. Events carry the
// host's process numbers, and such a /proc has other numbers for the same programs, so what one
// program does would be recorded as another's. When the operator allows it all the same, the summary
// says what is false then.

import { OperatorError } from "../base/errors.ts";
import { pidNamespaceOf } from "./host-facts.ts";
import { pidNamespaceRemedy } from "./host-findings.ts";

export const allowOption = "--allow-own-pid-namespace";

/**
 * @returns what is false of the records, or null where nothing is
 * @throws OperatorError PID_NAMESPACE where it is not allowed
 */
export function checkPidNamespace(hostRoot: string, isAllowed: boolean, root = ""): string | null {
  const own = pidNamespaceOf(root, hostRoot);
  if (own === null || own.isHosts) {
    return null;
  }
  const proc = `${hostRoot}/proc`;
  if (!isAllowed) {
    const message =
      `cannot take the host's events here: ${proc} is that of another pid namespace (${own.link}), ` +
      "and what a program does would be recorded as another's; " +
      `${pidNamespaceRemedy}; ${allowOption} does it all the same`;
    throw new OperatorError("PID_NAMESPACE", message);
  }
  return (
    `${proc} is that of another pid namespace (${own.link}): names, parents, users, containers and ` +
    "open files of processes that began before the start are those of others with the same number, " +
    "or unknown"
  );
}
