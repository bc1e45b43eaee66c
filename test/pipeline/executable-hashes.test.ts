// Hashes of executables of live processes: what they are, of whom, and what they may cost.

import { afterAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExecutableHashes } from "../../src/pipeline/executable-hashes.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-hashes-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A /proc with one process that began so long after the host, whose executable is this file. */
function fakeProc(pid: number, exe: string, began: number): string {
  const proc = fs.mkdtempSync(join(folder, "proc-"));
  fs.mkdirSync(join(proc, String(pid)));
  fs.symlinkSync(exe, join(proc, String(pid), "exe"));
  const fields = ["S", ...new Array(18).fill("0"), String(began * 100), "0"].join(" ");
  fs.writeFileSync(join(proc, String(pid), "stat"), `${pid} (a) b) ${fields}\n`);
  fs.writeFileSync(join(proc, "stat"), "cpu 1 2\nbtime 1000\nprocesses 5\n");
  return proc;
}

function file(text: string): string {
  const path = join(fs.mkdtempSync(join(folder, "file-")), "exe");
  fs.writeFileSync(path, text);
  return path;
}

const sumOf = (name: string, path: string) =>
  spawnSync(`${name}sum`, [path], { encoding: "utf8" }).stdout.split(" ")[0];

describe("the hashes", () => {
  test("are those of the executable", async () => {
    const exe = file("#!/bin/sh\n");
    const hashes = new ExecutableHashes({ proc: fakeProc(7, exe, 50) });
    expect(await hashes.of({ pid: 7, beganSec: 1050.4 })).toEqual({
      md5: sumOf("md5", exe) as string,
      sha1: sumOf("sha1", exe) as string,
      sha256: sumOf("sha256", exe) as string,
    });
    expect(hashes.left).toBe(0);
  });

  test("are had of a real process", async () => {
    const child = spawn("sleep", ["60"]);
    const hashes = new ExecutableHashes({ proc: "/proc" });
    const found = await hashes.of({ pid: child.pid ?? 0, beganSec: Date.now() / 1000 });
    child.kill();
    expect(found?.sha256).toBe(sumOf("sha256", fs.realpathSync("/bin/sleep")) as string);
  });

  test.each([
    ["of a later process with its number", { pid: 7, beganSec: 1047 }],
    ["of an earlier one", { pid: 7, beganSec: 1053 }],
    ["of a process that has gone", { pid: 8, beganSec: 1050 }],
  ])("are not those %s", async (_, process) => {
    const hashes = new ExecutableHashes({ proc: fakeProc(7, file("x"), 50) });
    expect(await hashes.of(process)).toBeNull();
    expect(hashes.left).toBe(1);
  });

  test("are not made of a file that is too large, or none", async () => {
    const large = new ExecutableHashes({ proc: fakeProc(7, file("12345"), 50), fileBytesMax: 4 });
    expect(await large.of({ pid: 7, beganSec: 1050 })).toBeNull();
    const none = new ExecutableHashes({ proc: fakeProc(7, folder, 50) });
    expect(await none.of({ pid: 7, beganSec: 1050 })).toBeNull();
  });

  test("are waited for no longer than is said", async () => {
    const exe = file("x".repeat(4 << 20));
    const hashes = new ExecutableHashes({ proc: fakeProc(7, exe, 50), waitMsMax: 20 });
    const startMs = performance.now();
    expect(await hashes.of({ pid: 7, beganSec: 1050 })).toBeNull();
    expect(performance.now() - startMs).toBeLessThan(100);
    // Reading goes on, and the next one has them.
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await hashes.of({ pid: 7, beganSec: 1050 }))?.md5).toBe(sumOf("md5", exe) as string);
  });

  test("are made once for each file", async () => {
    const exe = file("same");
    const proc = fakeProc(7, exe, 50);
    const hashes = new ExecutableHashes({ proc });
    const all = await Promise.all(
      Array.from({ length: 60 }, () => hashes.of({ pid: 7, beganSec: 1050 })),
    );
    expect(new Set(all.map((one) => one?.sha1))).toEqual(new Set([sumOf("sha1", exe) as string]));
  });

  test("are asked for by so many at once, and the others counted", () => {
    const hashes = new ExecutableHashes({ proc: fakeProc(7, file("x"), 50), waitMsMax: 1 });
    for (let i = 0; i < 64; i++) {
      expect(hashes.hasRoom).toBe(true);
      void hashes.of({ pid: 7, beganSec: 1050 });
    }
    expect(hashes.hasRoom).toBe(false);
    expect(hashes.left).toBe(1);
  });
});
