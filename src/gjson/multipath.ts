// The members of `[path,path]` and `{path,"key":path}`.

import { quoted } from "./text.ts";
import { isValidJson } from "./valid.ts";

export interface Multipath {
  readonly members: readonly { readonly key: string; readonly path: string }[];
  /** The index after the closing bracket. */
  readonly end: number;
}

/** @param text begins with the bracket. @returns null where it is not closed */
export function readMultipath(text: string): Multipath | null {
  const members: { key: string; path: string }[] = [];
  let depth = 1;
  let from = 1;
  let colonAt = -1;
  let isInModifier = false;
  let isString = false;
  for (let at = 1; at < text.length; at++) {
    const letter = text[at] as string;
    if (letter === "\\") {
      at++;
    } else if (letter === '"') {
      isString = !isString;
    } else if (isString) {
      continue;
    } else if (letter === "@") {
      // A colon after it begins the modifier's argument.
      isInModifier ||= ".|".includes(text[at - 1] as string);
    } else if (letter === ":" && depth === 1 && colonAt < 0 && !isInModifier) {
      colonAt = at;
    } else if ("[({".includes(letter)) {
      depth++;
    } else if ("])}".includes(letter)) {
      depth--;
    }
    if (depth === 0 || (letter === "," && depth === 1)) {
      members.push(member(text, from, colonAt, at));
      if (depth === 0) {
        return { members, end: at + 1 };
      }
      from = at + 1;
      colonAt = -1;
      isInModifier = false;
    }
  }
  return null;
}

function member(
  text: string,
  from: number,
  colonAt: number,
  end: number,
): { key: string; path: string } {
  const path = text.slice(Math.max(from, colonAt + 1), end);
  const key = colonAt < 0 ? "" : text.slice(from, colonAt);
  if (key === "") {
    const last = lastComponent(path);
    return { key: quoted(isSimple(last) ? last : "_"), path };
  }
  return { key: key.startsWith('"') && isValidJson(key) ? key : quoted(key), path };
}

/** After the last separator that no backslash precedes. */
function lastComponent(path: string): string {
  for (let at = path.length - 1; at >= 0; at--) {
    if (".|".includes(path[at] as string) && path[at - 1] !== "\\") {
      return path.slice(at + 1);
    }
  }
  return path;
}

function isSimple(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is asked for
  return !/[\u0000-\u001f[\]{}()#|!]/.test(name);
}
