// Names of the host's users and groups, live: those of its files as they are now, and asked of
// nobody else. The collector has lists of its own, in a mount namespace. Those of containers are in
// truth-containers.test.ts.

import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { everyRecord, RunningSysflow, whyNotLive } from "../support/program/sysflow.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";

const obstacle = process.getuid?.() === 0 ? whyNotLive() : "only root may become other users";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-users-"));
fs.chmodSync(folder, 0o777);
afterAll(() => fs.rmSync(folder, { recursive: true }));

const passwd = join(folder, "passwd");
const group = join(folder, "group");
const asLists = `mount --bind ${passwd} /etc/passwd && mount --bind ${group} /etc/group && exec "$@"`;
const withLists = ["unshare", "--mount", "sh", "-c", asLists, "sh"];

const hasStrace = Bun.which("strace") !== null;

/** How long a change may take to be seen: the files are looked at once a second. */
const seenMs = 2100;

function makeFolder(name: string, uid: number): void {
  const { status, stderr } = spawnSync("mkdir", [join(folder, name)], { uid, gid: uid });
  expect(status, stderr.toString()).toBe(0);
}

/** The same, by someone who has logged in under another number; null: by whoever runs the tests. */
function makeFolderAs(name: string, loginuid: number | null): number {
  const logIn = loginuid === null ? ":" : `echo ${loginuid} > /proc/self/loginuid`;
  const script = `${logIn} && cat /proc/self/loginuid && exec mkdir ${join(folder, name)}`;
  const { status, stderr, stdout } = spawnSync("sh", ["-c", script]);
  expect(status, stderr.toString()).toBe(0);
  // As the kernel prints it: unset is 4294967295.
  return Number(stdout.toString()) | 0;
}

/** Collects while `act` goes on. */
async function collected(
  act: () => Promise<void>,
  before: readonly string[],
  options: readonly string[] = [],
): Promise<readonly SfRecord[]> {
  const place = fs.mkdtempSync(join(folder, "out-"));
  const path = join(place, "users.sf");
  const args = ["collect", "-k", "ebpf-core", "-w", path, "-G", "100000", ...everyRecord];
  const running = new RunningSysflow([...args, ...options], {}, before);
  await running.says("collecting with modern_ebpf", 120_000);
  await act();
  await settled(running);
  running.kill("SIGTERM");
  const { status, stderr } = await running.end();
  expect(status, stderr).toBe(0);
  const [file = ""] = fs.readdirSync(place);
  return readSf(join(place, file));
}

/** The user and group by which the maker of the folder is known when it makes it. */
function makerOf(records: readonly SfRecord[], name: string): readonly unknown[] {
  const maker = makingProcess(records, name);
  return [maker?.rec["userName"], maker?.rec["groupName"]];
}

function makingProcess(records: readonly SfRecord[], name: string): SfRecord | undefined {
  const file = records.find(
    ({ kind, rec }) => kind === "File" && rec["path"] === join(folder, name),
  );
  const event = records.find(
    ({ kind, rec }) => kind === "FileEvent" && rec["fileOID"] === file?.rec["oid"],
  );
  return records.findLast(
    ({ kind, rec, index }) =>
      kind === "Process" &&
      index < (event?.index ?? 0) &&
      Bun.deepEquals(rec["oid"], event?.rec["procOID"]),
  );
}

describe.skipIf(obstacle !== null)(
  `users of the host (skipped where it says so: ${obstacle})`,
  () => {
    test("are those of its files, also once these have changed", async () => {
      fs.writeFileSync(passwd, "root:x:0:0::/:/bin/sh\nearly:x:7001:7001::/:/bin/sh\n");
      fs.writeFileSync(group, "root:x:0:\nearlies:x:7001:\n");
      const records = await collected(async () => {
        makeFolder("early", 7001);
        makeFolder("unknown", 7002);
        fs.writeFileSync(
          passwd,
          "root:x:0:0::/:/bin/sh\nrenamed:x:7001:7001::/:/bin/sh\nlater:x:7002:7002::/:/bin/sh\n",
        );
        fs.writeFileSync(group, "root:x:0:\nlaters:x:7002:\n");
        await Bun.sleep(seenMs);
        makeFolder("renamed", 7001);
        makeFolder("later", 7002);
      }, withLists);
      const names = ["early", "unknown", "renamed", "later"].map((name) => makerOf(records, name));
      expect(names).toEqual([
        ["early", "earlies"],
        ["<NA>", "<NA>"],
        ["renamed", "<NA>"],
        ["later", "laters"],
      ]);
    }, 180_000);

    test("keep the number that they logged in with, in schema 6", async () => {
      let own = 0;
      const act = async () => {
        own = makeFolderAs("not-logged-in", null);
        makeFolderAs("logged-in", 4242);
      };
      const records = await collected(act, [], ["--schema", "6"]);
      const numbers = ["not-logged-in", "logged-in"].map(
        (name) => makingProcess(records, name)?.rec["loginuid"],
      );
      expect(numbers).toEqual([own, 4242]);
    }, 180_000);

    test("are those that a filter goes by", async () => {
      fs.writeFileSync(passwd, "root:x:0:0::/:/bin/sh\nearly:x:7001:7001::/:/bin/sh\n");
      fs.writeFileSync(group, "");
      const act = async () => {
        makeFolder("filtered-1", 7001);
        fs.writeFileSync(passwd, "root:x:0:0::/:/bin/sh\nlater:x:7001:7001::/:/bin/sh\n");
        await Bun.sleep(seenMs);
        makeFolder("filtered-2", 7001);
      };
      const records = await collected(act, withLists, ["-f", "user.name=later"]);
      const made = ["filtered-1", "filtered-2"].map((name) => makerOf(records, name)[0]);
      expect(made).toEqual([undefined, "later"]);
    }, 180_000);

    test.skipIf(!hasStrace)(
      "are asked of files alone: no daemon, no server (skipped without strace)",
      async () => {
        const trace = join(folder, "trace");
        const calls = ["-e", "trace=connect,open,openat,openat2"];
        const traced = ["strace", "-D", "-f", "--seccomp-bpf", "-o", trace, ...calls];
        const act = async () => makeFolder("traced", 7003);
        const records = await collected(act, [...traced]);
        expect(makerOf(records, "traced")).toEqual(["<NA>", "<NA>"]);
        const lines = fs.readFileSync(trace, "utf8").split("\n");
        expect(lines.some((line) => line.includes('"etc/passwd"'))).toBe(true);
        expect(lines.filter((line) => /nscd|nsswitch|libnss|AF_INET/.test(line))).toEqual([]);
      },
      180_000,
    );
  },
);
