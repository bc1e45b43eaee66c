// What a rule's actions do. `tag(NAME)` gives the record a tag.

/** @returns the tag that an action gives; null where it is another action */
export function actionTag(action: string): string | null {
  const match = /^tag\((.+)\)$/.exec(action.trim());
  return match === null ? null : (match[1] ?? "").trim().replace(/^(["'])(.*)\1$/, "$2");
}
