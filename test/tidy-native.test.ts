// The rooms of native/: which may include which, that only one knows the insides of Falco's
// libraries, and how large a folder and a file may be.

import { describe, expect, test } from "bun:test";
import { filesBelow, fullFolders, lineCount, linesMax, read } from "./support/tidy/sources.ts";

/** What each room may include besides itself. test/ and bench/ may include all. */
const PERMITTED: Readonly<Record<string, readonly string[]>> = {
  layout: [],
  tables: ["layout"],
  batch: ["layout", "tables"],
  host: ["layout"],
  socket: ["host"],
  falco: ["layout", "tables", "batch", "host"],
  emit: ["layout", "tables", "batch", "host", "falco"],
  testing: ["falco", "host"],
  binding: ["layout", "tables", "batch", "host", "socket", "falco", "emit", "testing"],
};

/**
 * Words of Falco's libraries: their headers, members of their classes and getters of them, their
 * types and constants. The three types that everything is about may be passed on by name.
 */
const INSIDES = [
  /#include <(?:lib(?:sinsp|scap|pman)|driver)\//g,
  /(?:\.|->)m_[a-z]\w*/g,
  /(?:\.|->)get_[a-z]\w*\(/g,
  /\b(?:PPME|PPM|SCAP|CHAR_FD)_[A-Z]\w*/g,
  /\b(?!sinsp_(?:evt|threadinfo|fdinfo)\b)(?:scap|ppm|sinsp)_[a-z]\w*|\bsinsp\b/g,
];

/** Who else may know them, and why. */
const KNOWING: Readonly<Record<string, string>> = {
  "native/testing/": "makes libscap's events of a script",
  "native/test/captures/swap_capture.cc": "reads and writes libscap's captures",
  "native/test/falco/": "tests the room that knows them",
  "native/test/tables/keyed_hash_test.cc": "tests the libraries' hash beside ours",
  "native/bench/": "measures the libraries alone",
};

const files = filesBelow("native");
const sources = files.filter((name) => /\.(cc|h|inc)$/.test(name));

describe("rooms of native/", () => {
  test.each(sources.filter((name) => !/^native\/(test|bench)\//.test(name)))(
    "%s includes only what its room may",
    (name) => {
      const own = roomOf(name);
      const permitted = PERMITTED[own];
      expect(permitted, `${own} has no row in the table of includes`).toBeDefined();
      const included = [...read(name).matchAll(/#include "([^"]+)"/g)].map(([, path = ""]) => path);
      const rooms = included.map((path) => roomOf(`native/${path}`));
      expect(rooms.filter((room) => room !== own && !permitted?.includes(room))).toEqual([]);
    },
  );

  test("have no circle, by their table", () => {
    const rooms = Object.keys(PERMITTED);
    const wrong = rooms.flatMap((room, place) =>
      (PERMITTED[room] ?? []).filter((other) => rooms.indexOf(other) >= place),
    );
    // Each room stands behind those that it includes.
    expect(wrong).toEqual([]);
  });

  test("know nothing of the insides of Falco's libraries, but for falco/", () => {
    const strays = sources
      .filter((name) => !name.startsWith("native/falco/") && whyKnowing(name) === undefined)
      .flatMap((name) => insidesOf(read(name)).map((word) => `${name}: ${word}`));
    expect(strays).toEqual([]);
  });

  test.each(Object.keys(KNOWING))("%s is rightly among those that know them", (place) => {
    const known = sources.filter((name) => name.startsWith(place));
    expect(known.flatMap((name) => insidesOf(read(name)))).not.toEqual([]);
  });

  test("a word of the insides is seen where it stands", () => {
    const words = ["#include <libsinsp/sinsp.h>", "thread.m_tid", "e->get_ts()", "PPME_GENERIC_X"];
    for (const word of [...words, "SCAP_FD_FILE", "scap_evt* at", "sinsp& inspector"]) {
      expect(insidesOf(word), word).not.toEqual([]);
    }
    expect(insidesOf("Of sinsp_evt&, sinsp_threadinfo*, sinsp_fdinfo; // not of sinsp")).toEqual(
      [],
    );
  });
});

describe("files of native/", () => {
  test("are at most 20 in a folder", () => {
    expect(fullFolders(files)).toEqual([]);
  });

  test.each(sources)("%s is at most 500 lines and opens with what it is", (name) => {
    expect(lineCount(name)).toBeLessThanOrEqual(linesMax);
    expect(read(name)).toMatch(/^\/\/ /);
  });

  test.each(sources.filter((name) => name.endsWith(".h")))(
    "%s has the guard of its path",
    (name) => {
      const guard = `SYSFLOW_${name.replace(/\W/g, "_").toUpperCase()}_`;
      const lines = read(name).trimEnd().split("\n");
      expect(lines).toContain(`#ifndef ${guard}`);
      expect(lines.at(-1)).toBe(`#endif  // ${guard}`);
    },
  );
});

function whyKnowing(name: string): string | undefined {
  const place = Object.keys(KNOWING).find((one) => name.startsWith(one));
  return place === undefined ? undefined : KNOWING[place];
}

function insidesOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
  return INSIDES.flatMap((pattern) => code.match(pattern) ?? []);
}

function roomOf(name: string): string {
  return name.split("/")[1] ?? "";
}
