// The text form of metrics: read back by a strict reader, and by promtool where that is installed.

import { describe, expect, test } from "bun:test";
import { expositionText, type Family } from "../../src/telemetry/exposition.ts";
import { readExposition } from "../support/telemetry/exposition.ts";

const hostile = [
  'a"b',
  "a\\b",
  "a\nb",
  "\\n",
  '\\"',
  "",
  "{}",
  "}",
  'x="y",',
  "é\u2028\u{1f600}\x1b[31m",
];

const families: readonly Family[] = [
  {
    name: "x_total",
    type: "counter",
    help: "With a \\ and a\nnew line.",
    samples: hostile.map((place, value) => ({ labels: { place, other: "o" }, value })),
  },
  { name: "y_bytes", type: "gauge", help: "Plain.", samples: [{ value: 2 ** 60 }] },
  { name: "empty", type: "gauge", help: "None.", samples: [] },
];

test("what is written is what is read, whatever a label holds", () => {
  const read = readExposition(expositionText(families));
  expect([...read.keys()]).toEqual(["x_total", "y_bytes"]);
  expect(read.get("x_total")).toEqual({
    help: "With a \\ and a\nnew line.",
    type: "counter",
    samples: hostile.map((place, value) => ({ labels: { place, other: "o" }, value })),
  });
});

test.each([
  [0, "0"],
  [1.5, "1.5"],
  [1e21, "1e+21"],
  [1e-7, "1e-7"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
])("%p is %s", (value, text) => {
  const one: Family = { name: "x", type: "gauge", help: "h", samples: [{ value }] };
  expect(expositionText([one])).toBe(`# HELP x h\n# TYPE x gauge\nx ${text}\n`);
});

describe("the reader of the tests takes none of", () => {
  const head = "# HELP x h\n# TYPE x counter\n";
  test.each([
    ["x 1\n"],
    [`${head}x 1`],
    [head],
    [`${head}x 1\nx 1\n`],
    [`${head}x{a="1"} 1\nx{a="1"} 2\n`],
    [`${head}x{a="1",a="2"} 1\n`],
    [`${head}x{a="\\d"} 1\n`],
    [`${head}x{a="b"c"} 1\n`],
    [`${head}x{__a="b"} 1\n`],
    [`${head}x -1\n`],
    [`${head}x 0x1\n`],
    [`${head}x one\n`],
    [`${head}y 1\n`],
    ["# HELP x h\nx 1\n"],
    [`${head}x 1\n# HELP y h\n# TYPE y gauge\ny 1\nx{a="b"} 1\n`],
  ])("%j", (text) => {
    expect(() => readExposition(text)).toThrow();
  });
});
