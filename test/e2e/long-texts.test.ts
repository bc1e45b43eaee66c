// Live: command lines and environments of every length reach the file whole, of processes that stay,
// that end at once, that forked without an exec, and that were there before; a recording holds what
// an event holds, and says what it lost.

import { afterAll, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { everyRecord, RunningSysflow, sysflow, whyNotLive } from "../support/program/sysflow.ts";
import { readSf } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";

const obstacle = whyNotLive();
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-long-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** The rings are read within milliseconds, but this host may be busy. */

/** What an event holds of both together, and what is cut where (native/patches/0010). */
const execBytes = 48 * 1024;

interface Texts {
  readonly args: readonly string[];
  readonly env: readonly string[];
}

/** Texts of about these lengths, each of its own `name`, with characters of several bytes. */
function texts(name: string, argBytes: number, envBytes: number): Texts {
  const fill = (bytes: number, item: (i: number) => string) => {
    const items: string[] = [];
    for (let sum = 0; sum < bytes; sum += Buffer.byteLength(items.at(-1) ?? "") + 1) {
      items.push(item(items.length));
    }
    return items;
  };
  return {
    args: fill(argBytes, (i) => (i % 7 === 6 ? "" : `--${name}-${i}=${"é€x".repeat(i % 300)}`)),
    env: fill(envBytes, (i) => `${name}_${i}=${"ü-".repeat(i % 200)}`),
  };
}

/** A shell that runs `script` with these texts. It ends when its standard input does. */
function shell(script: string, { args, env }: Texts): ChildProcess {
  return spawn("/bin/sh", ["-c", script, "sh", ...args], {
    env: Object.fromEntries(
      env.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
    ),
    stdio: ["pipe", "pipe", "inherit"],
  });
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.stdin?.end();
  await closed;
}

interface Session {
  /** The last Process record of a pid, as what it was when it ended. */
  process(pid: number | undefined): Texts;
  /** The Process records of its children. */
  children(pid: number | undefined): readonly Texts[];
  readonly losses: readonly { readonly cause: string; readonly count: number }[];
}

function read(path: string, json: string): Session {
  const records = readSf(path).filter(({ kind }) => kind === "Process");
  const facts = (rec: Readonly<Record<string, unknown>>) => {
    const line = String(rec["exeArgs"]);
    const begin = line.indexOf(" sh ");
    return { args: begin < 0 ? [] : line.slice(begin + 4).split(" "), env: rec["env"] as string[] };
  };
  const pidOf = (oid: unknown) => Number((oid as { hpid: bigint } | null)?.hpid ?? -1);
  return {
    process(pid) {
      const last = records.findLast(({ rec }) => pidOf(rec["oid"]) === pid);
      if (last === undefined) throw new Error(`no process ${pid}`);
      return facts(last.rec);
    },
    children: (pid) =>
      records.filter(({ rec }) => pidOf(rec["poid"]) === pid).map(({ rec }) => facts(rec)),
    losses: (JSON.parse(json) as { losses: Session["losses"] }).losses,
  };
}

/** What is done meanwhile. @param seen resolves once all that was done so far has been seen. */
type Work = (seen: () => Promise<void>) => Promise<void>;

/** Runs `work` while everything is collected, or recorded. */
async function during(words: readonly string[], work: Work): Promise<string> {
  const collector = new RunningSysflow([...words, "-k", "ebpf-core", "--json"]);
  await collector.says(`${words[0]}ing with modern_ebpf`);
  const seen = () => settled(collector);
  await work(seen);
  await seen();
  collector.kill("SIGTERM");
  const { status, stdout, stderr } = await collector.end();
  if (status !== 0) throw new Error(`sysflow ended with ${status}: ${stderr}`);
  return stdout;
}

async function collect(name: string, work: Work): Promise<Session> {
  const path = join(folder, `${name}.sf`);
  const words = ["collect", "-w", path, "-G", "100000", "-e", "tests", ...everyRecord];
  const json = await during(words, work);
  const [file = ""] = fs.readdirSync(folder).filter((each) => each.startsWith(`${name}.`));
  return read(join(folder, file), json);
}

/** Until a process runs the program whose command line has so many bytes. */
async function untilItHas(pid: number | undefined, bytes: number): Promise<void> {
  while (fs.readFileSync(`/proc/${pid}/cmdline`).length < bytes) {
    await Bun.sleep(20);
  }
}

const cutLosses = ({ losses }: Session) => losses.filter(({ cause }) => cause.includes("cut"));

/** That a process has these texts: the lengths first, which tell more where they differ. */
function expectTexts(found: Texts, wanted: Texts): void {
  expect([found.args.length, found.env.length]).toEqual([wanted.args.length, wanted.env.length]);
  expect(found.args.join(" ") === wanted.args.join(" ")).toBe(true);
  // The shell's parent may have put the variables into another order.
  expect([...found.env].sort()).toEqual([...wanted.env].sort());
}

const live = `long texts (skipped where it says so: ${obstacle})`;

describe.skipIf(obstacle !== null)(live, () => {
  test("of processes that stay a while, or end at once, or fork", async () => {
    const staying = [
      texts("short", 50, 60),
      texts("kept", 10_000, 10_000),
      texts("args", 100_000, 60_000),
      texts("most", 66_000, 500),
      texts("env", 500, 60_000),
      texts("much", 1_000_000, 500_000),
    ];
    const brief = [texts("ten", 10_000, 10_000), texts("forty", 30_000, 10_000)];
    const forking = [texts("f", 10_000, 10_000), texts("F", 100_000, 60_000)];
    const pids: (number | undefined)[] = [];
    const session = await collect("whole", async (seen) => {
      for (const each of staying) {
        const child = shell("read a", each);
        pids.push(child.pid);
        await seen();
        await end(child);
      }
      for (const each of brief) {
        const child = shell(":", each);
        pids.push(child.pid);
        await end(child);
      }
      for (const each of forking) {
        const child = shell("(read a; :); :", each);
        pids.push(child.pid);
        await seen();
        await end(child);
      }
    });
    expect(cutLosses(session)).toEqual([]);
    for (const [i, wanted] of [...staying, ...brief, ...forking].entries()) {
      expectTexts(session.process(pids[i]), wanted);
    }
    for (const [i, wanted] of forking.entries()) {
      const children = session.children(pids[staying.length + brief.length + i]);
      expect(children.length).toBe(1);
      expectTexts(children[0] as Texts, wanted);
    }
  }, 120_000);

  test("of processes that were there before", async () => {
    const wanted = [texts("a", 20_000, 100), texts("e", 100, 20_000), texts("b", 20_000, 20_000)];
    const children = wanted.map((each) => shell("read a; read b", each));
    for (const [i, child] of children.entries()) {
      await untilItHas(child.pid, wanted[i]?.args.join(" ").length ?? 0);
    }
    const session = await collect("before", async (seen) => {
      for (const child of children) child.stdin?.write("a\n");
      await seen();
      for (const child of children) await end(child);
    });
    expect(cutLosses(session)).toEqual([]);
    for (const [i, each] of wanted.entries()) {
      expectTexts(session.process(children[i]?.pid), each);
    }
  }, 120_000);
});

describe.skipIf(obstacle !== null)(`cut ${live}`, () => {
  test("of more than 2 MiB that much, which is counted", async () => {
    const script = `ulimit -s 65536; set -- $(seq -f %099.0f 25000); exec /bin/sh -c "read a" sh "$@"`;
    const wanted = Array.from({ length: 25_000 }, (_, i) => String(i + 1).padStart(99, "0"));
    let pid: number | undefined;
    const session = await collect("bound", async (seen) => {
      const child = shell(script, { args: [], env: ["PATH=/usr/bin"] });
      pid = child.pid;
      await untilItHas(pid, 2 ** 21);
      await seen();
      await end(child);
    });
    const line = session.process(pid).args.join(" ");
    expect(wanted.join(" ").startsWith(line)).toBe(true);
    expect("/bin/sh -c read a sh ".length + line.length).toBe(2 ** 21);
    expect(cutLosses(session).map(({ cause }) => cause)).toEqual([
      "command lines and environments cut (too long)",
    ]);
  }, 120_000);

  test("a recording holds 48 KiB of both, and says what it lacks", async () => {
    const wanted = [texts("r", 10_000, 10_000), texts("R", 100_000, 60_000)];
    const pids: (number | undefined)[] = [];
    const capture = join(folder, "long.scap");
    await during(["record", "-w", capture], async () => {
      for (const each of wanted) {
        const child = shell("read a", each);
        pids.push(child.pid);
        await end(child);
      }
    });
    const path = join(folder, "replayed.sf");
    const run = sysflow(["collect", "-r", capture, "-w", path, "--json", ...everyRecord]);
    expect(run.status).toBe(0);
    const session = read(path, run.stdout);
    expectTexts(session.process(pids[0]), wanted[0] as Texts);
    const cut = session.process(pids[1]);
    const all = wanted[1] as Texts;
    const line = (process: Texts) => process.args.join(" ");
    expect(line(all).startsWith(line(cut))).toBe(true);
    // Half for each: the command line's has argv[0], the script and a NUL behind each of them.
    const head = Buffer.byteLength("/bin/sh -c read a sh ");
    for (const text of [line(cut), cut.env.join(" ")]) {
      const bytes = Buffer.byteLength(text) + 1 + (text === line(cut) ? head : 0);
      // A character that was cut through is left out.
      expect(execBytes / 2 - bytes).toBeWithin(0, 3);
      expect(text).not.toContain("\ufffd");
    }
    expect(cutLosses(session).map(({ cause }) => cause)).toEqual([
      "command lines and environments cut (in the capture file)",
    ]);
  }, 120_000);
});
