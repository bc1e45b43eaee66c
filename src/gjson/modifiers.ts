// What `@name:argument` makes of a JSON text. Each takes the text that there is, valid or not, and
// gives a text; "" is no value.

import type { Budget } from "./budget.ts";
import type { ModifierName } from "./modifier-names.ts";
import { prettyPrinted } from "./pretty.ts";
import { NO_END, OPEN_ARRAY, OPEN_OBJECT, QUOTE, SPACE, stringEnd } from "./scan.ts";
import { quoted, unescaped } from "./text.ts";
import { isValidJson } from "./valid.ts";
import { type Member, membersOf, parseValue, type Value } from "./value.ts";

/** All but `@dig`, which evaluates a path. @throws OverBudget */
export function applyModifier(
  name: Exclude<ModifierName, "dig">,
  argument: string,
  json: string,
  budget: Budget,
): string {
  budget.spend(json.length);
  switch (name) {
    case "this":
      return json;
    case "valid":
      return isValidJson(json) ? json : "";
    case "ugly":
      return uglyPrinted(json);
    case "pretty":
      return prettyPrinted(json, optionsIn(argument, budget), budget);
    case "reverse":
      return reversed(json, budget);
    case "flatten":
      return flattened(json, optionsIn(argument, budget).get("deep")?.isTrue ?? false, budget);
    case "join":
      return joined(json, optionsIn(argument, budget).get("preserve")?.isTrue ?? false, budget);
    case "keys":
      return keysOf(json, budget);
    case "values":
      return valuesOf(json, budget);
    case "tostr":
      // An escape has up to six characters.
      budget.spend(json.length * 6);
      return quoted(json);
    case "fromstr":
      return isValidJson(json) ? parseValue(json).string : "";
    case "group":
      return grouped(json, budget);
    default:
      return name satisfies never;
  }
}

/** The members of a modifier's argument; the last one of a name counts. */
function optionsIn(argument: string, budget: Budget): ReadonlyMap<string, Value> {
  const members = membersOf(parseValue(argument), budget);
  return new Map(members.map(({ key, value }) => [nameOf(key), value]));
}

/** @param key with its quotes */
function nameOf(key: string): string {
  return unescaped(key.slice(1, -1));
}

/** Without white space outside strings. */
function uglyPrinted(json: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < json.length) {
    const from = at;
    while (at < json.length && json.charCodeAt(at) > SPACE) {
      at = json.charCodeAt(at) === QUOTE ? stringEnd(json, at + 1) : at + 1;
      at = at === NO_END ? json.length : at;
    }
    parts.push(json.slice(from, at));
    while (at < json.length && json.charCodeAt(at) <= SPACE) {
      at++;
    }
  }
  return parts.join("");
}

function array(texts: readonly string[]): string {
  return `[${texts.join(",")}]`;
}

function object(members: readonly Member[]): string {
  return `{${members.map(({ key, value }) => `${key}:${value.raw}`).join(",")}}`;
}

function reversed(json: string, budget: Budget): string {
  const whole = parseValue(json);
  if (whole.type !== "JSON") {
    return json;
  }
  const members = [...membersOf(whole, budget)].reverse();
  return whole.isObject ? object(members) : array(members.map(({ value }) => value.raw));
}

/** The elements of arrays in an array take the arrays' places. */
function flattened(json: string, isDeep: boolean, budget: Budget): string {
  const whole = parseValue(json);
  if (!whole.isArray) {
    return json;
  }
  budget.descend();
  const texts = membersOf(whole, budget).map(({ value }) => {
    if (!value.isArray) {
      return value.raw;
    }
    return inside(isDeep ? flattened(value.raw, true, budget) : value.raw).trim();
  });
  budget.ascend();
  const flat = array(texts.filter((text) => text !== ""));
  budget.spend(flat.length);
  return flat;
}

/** What stands between the brackets of an object or array. */
function inside(json: string): string {
  const code = json.charCodeAt(0);
  return json.length >= 2 && (code === OPEN_ARRAY || code === OPEN_OBJECT)
    ? json.slice(1, -1)
    : json;
}

/** An array of objects as one object: a key keeps its first place and has its last value. */
function joined(json: string, keepsAll: boolean, budget: Budget): string {
  const whole = parseValue(json);
  if (!whole.isArray) {
    return json;
  }
  const objects = membersOf(whole, budget).flatMap(({ value }) => (value.isObject ? [value] : []));
  if (keepsAll) {
    return `{${objects.map(({ raw }) => inside(raw)).join(",")}}`;
  }
  const byName = new Map<string, Member>();
  for (const { key, value } of objects.flatMap((one) => membersOf(one, budget))) {
    const name = nameOf(key);
    byName.set(name, { key: byName.get(name)?.key ?? key, value });
  }
  return object([...byName.values()]);
}

function keysOf(json: string, budget: Budget): string {
  const whole = parseValue(json);
  if (whole.type !== "JSON") {
    return whole.exists ? "[null]" : "[]";
  }
  return array(membersOf(whole, budget).map(({ key }) => (whole.isObject ? key : "null")));
}

function valuesOf(json: string, budget: Budget): string {
  const whole = parseValue(json);
  if (whole.isArray) {
    return json;
  }
  return whole.isObject
    ? array(membersOf(whole, budget).map(({ value }) => value.raw))
    : array([whole.raw]);
}

/** An object of arrays as an array of objects. */
function grouped(json: string, budget: Budget): string {
  const whole = parseValue(json);
  if (!whole.isObject) {
    return "";
  }
  const groups: Member[][] = [];
  for (const { key, value } of membersOf(whole, budget)) {
    const elements = value.isArray ? membersOf(value, budget) : [];
    budget.spend(key.length * elements.length);
    for (const [index, element] of elements.entries()) {
      groups[index] ??= [];
      groups[index].push({ key, value: element.value });
    }
  }
  return array(groups.map(object));
}
