// What a rule's actions do: `tag(NAME)` gives the record a tag, `hash` gives the alert the hashes of the
// process's executable (executable-hashes.ts).

export const hashAction = "hash";

/** @returns the tag that an action gives; null where it is another action */
export function actionTag(action: string): string | null {
  const match = /^tag\((.+)\)$/.exec(action.trim());
  return match === null ? null : (match[1] ?? "").trim().replace(/^(["'])(.*)\1$/, "$2");
}

/** Whether anything is done for it. */
export function isAction(action: string): boolean {
  return action.trim() === hashAction || actionTag(action) !== null;
}
