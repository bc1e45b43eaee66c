// What is committed is what the list of fields gives.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { renderJson } from "../../build/generate/json.ts";
import { renderRecords } from "../../build/generate/records.ts";

const folder = join(import.meta.dir, "../../src/sysflow");

const files = { ...renderRecords(), "json.gen.ts": renderJson() };

test.each(Object.entries(files))("%s is up to date", (name, text) => {
  expect(readFileSync(join(folder, name), "utf8"), "run npm run generate").toBe(text);
});
