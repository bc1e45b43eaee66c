import { expect, test } from "bun:test";
import { Progress } from "../../src/show/progress.ts";

function setup(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const now = { ms: 0 };
  const progress = new Progress({
    bytesTotal: 1000,
    stream: { isTTY, columns, write: (text) => written.push(text) },
    clockMs: () => now.ms,
  });
  return { written, now, progress };
}

test("nothing is drawn at first, then the bar, then nothing is left of it", () => {
  const { written, now, progress } = setup(true);
  progress.update(100, 10);
  expect(written).toEqual([]);
  now.ms = 1000;
  progress.update(250, 2_000_000);
  const bar = `[${"=".repeat(10)}${" ".repeat(30)}]`;
  expect(written).toEqual([`\r\x1b[K${bar}  25 %  2,000,000 events  2.00 M/s`]);
  now.ms = 1100;
  progress.update(300, 2_100_000);
  expect(written).toHaveLength(1);
  progress.close();
  progress.close();
  expect(written.slice(1)).toEqual(["\r\x1b[K"]);
});

test("a narrow terminal gets a short bar or none", () => {
  for (const columns of [50, 40, 20]) {
    const { written, now, progress } = setup(true, columns);
    now.ms = 1000;
    progress.update(5000, 1);
    expect(written[0]?.length).toBeLessThanOrEqual(Math.max(columns, 30) + 4);
    expect(written[0]).toContain("100 %");
  }
});

test("off a terminal nothing is drawn", () => {
  const { written, now, progress } = setup(false);
  now.ms = 10_000;
  progress.update(500, 10);
  progress.close();
  expect(written).toEqual([]);
});
