// Damaged documents and paths: an evaluation ends with a string, soon, and without an error. Those that
// break this are reported with the seed. FUZZ_SECONDS=600 goes on for so long.

import { expect, setDefaultTimeout, test } from "bun:test";
import { compilePath } from "../../src/gjson/gjson.ts";

const rounds = 20_000;
const seconds = Number(process.env["FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);
/** No evaluation may take longer; those of these small documents take microseconds. */
const hangMs = 1000;

setDefaultTimeout((seconds + 60) * 1000);

const documents: readonly string[] = [
  '{"kind":"EventList","items":[{"name":"web","ports":[80,443],"up":true},{"name":"db","ports":[]}]}',
  '[[1,[2.5e3,-0],{"a":null}],"\\u00e9\\ud83d\\ude00\\n","x",false]',
  '{"a.b":{"":{"*":"?"}},"k":"{\\"inner\\":[1,2]}","n":[nan,inf,+1,0x1p4]}',
  '{"id":[1,2,3],"v":["a","b"]}\n{"id":[]}\n7',
];
const paths: readonly string[] = [
  'items.#(name%"w*").ports|@reverse',
  'items.#(ports.#>0)#.{name,"p":ports.0}',
  '@pretty:{"sortKeys":true,"indent":"\\t"}|@ugly|@tostr|@fromstr',
  '..#(id.#(>1)).id.@flatten:{"deep":true}',
  '[k.@fromstr.inner,@dig:a,!{"x":[1]}.x,a\\.b..\\*,@keys,@values,@group|0]',
  '*.?*.#.[0,1]|#[=~*]#|@join:{"preserve":true}',
  "n.0",
];
const letters = '{}[]()"\\.|#*?@!:,=<>%~0123456789-+eEabkintux \n\t\0é😀'.split("");

test(`damaged documents and paths (FUZZ_SEED=${seed})`, () => {
  const random = generator(seed);
  const ends = performance.now() + seconds * 1000;
  let found = 0;
  let round = 0;
  for (; round < rounds || performance.now() < ends; round++) {
    const json = damaged(pick(documents, random), random);
    const path = damaged(pick(paths, random), random);
    const from = performance.now();
    const answer = attempt(json, path);
    const took = performance.now() - from;
    if (answer instanceof Error || took > hangMs) {
      const what = JSON.stringify({ json, path, took });
      throw new Error(`${what} with FUZZ_SEED=${seed}`, { cause: answer });
    }
    found += answer ? 1 : 0;
  }
  // Damage that leaves nothing to find would test nothing.
  expect(found).toBeGreaterThan(round / 20);
  expect(found).toBeLessThan(round);
});

function attempt(json: string, path: string): boolean | Error {
  try {
    const answer = compilePath(path).find(json);
    return typeof answer.value === "string" ? answer.exists : new Error("no string");
  } catch (error) {
    return error as Error;
  }
}

/** Up to four times: a piece is put in, left out, doubled or cut. */
function damaged(text: string, random: () => number): string {
  let out = text;
  for (let changes = random() % 5; changes > 0; changes--) {
    const at = random() % (out.length + 1);
    const end = at + (random() % 8);
    switch (random() % 5) {
      case 0:
        out = out.slice(0, at) + pick(letters, random) + out.slice(at);
        break;
      case 1:
        out = out.slice(0, at) + out.slice(end);
        break;
      case 2:
        out = out.slice(0, end) + out.slice(at, end).repeat(random() % 50) + out.slice(end);
        break;
      case 3:
        out = out.slice(0, at) + pick(letters, random) + out.slice(at + 1);
        break;
      default:
        out = random() % 10 === 0 ? out.slice(0, at) : out;
    }
  }
  return out;
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[random() % list.length] as T;
}

/** A 32-bit xorshift: the same numbers for the same seed on every machine. */
function generator(start: number): () => number {
  let state = start | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
