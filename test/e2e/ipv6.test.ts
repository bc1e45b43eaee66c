// IPv6 on the live kernel: a workload of TCP and UDP, both ends, in schema 6 record by record, and in
// schema 5 counted and said once. Sockets older than the collector have the right ends too.

import { afterAll, describe, expect, test } from "bun:test";
import dgram from "node:dgram";
import fs from "node:fs";
import net, { type AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { everyRecord, type Run, RunningSysflow, whyNotLive } from "../support/program/sysflow.ts";
import { checkSf } from "../support/records/check-sf.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";
import {
  buildWorkload,
  type Fact,
  flagWords,
  hasCompiler,
  missingFacts,
  runWorkload,
} from "../support/truth/workload.ts";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === "::1");
const obstacle = !hasCompiler
  ? "there is no gcc to build the workload with"
  : hasIpv6
    ? whyNotLive()
    : "this host has no ::1";
const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-ipv6-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const loopback = `${"0".repeat(31)}1`;

interface Session {
  readonly run: Run;
  readonly path: string;
  readonly records: readonly SfRecord[];
}

/** Collects while `act` runs. */
async function collected(
  name: string,
  options: readonly string[],
  act: () => unknown,
): Promise<Session> {
  const path = join(folder, `${name}.sf`);
  const args = ["collect", "-k", "ebpf-core", "-w", path, "-G", "100000", "-e", "tests"];
  const collector = new RunningSysflow([...args, "--json", ...options, ...everyRecord]);
  await collector.says("collecting with modern_ebpf");
  await act();
  await settled(collector);
  collector.kill("SIGTERM");
  const run = await collector.end();
  if (run.status !== 0) {
    throw new Error(`sysflow ended with ${run.status}: ${run.stderr}`);
  }
  const [file = ""] = fs.readdirSync(folder).filter((each) => each.startsWith(`${name}.`));
  return { run, path: join(folder, file), records: readSf(join(folder, file)) };
}

/** What was left out by the collector, by cause. */
function summaryOf({ run }: Session): { readonly schema: number; readonly leftOut: string[] } {
  const { schema, leftOut } = JSON.parse(run.stdout) as {
    schema: number;
    leftOut: { stage: string; cause: string }[];
  };
  const rows = leftOut.filter(({ stage }) => stage === "collect");
  return { schema, leftOut: rows.map(({ cause }) => cause) };
}

/** Unix sockets and files go on as in schema 5, so the other parts run too. */
const parts = ["ipv6", "network"] as const;

describe.skipIf(obstacle !== null)(`IPv6, live (skipped where it says so: ${obstacle})`, () => {
  test("schema 6 has every operation of the workload", async () => {
    const program = buildWorkload(folder);
    let facts: readonly Fact[] = [];
    const session = await collected("six", ["--schema", "6"], () => {
      facts = runWorkload(program, join(folder, "work-six"), parts);
    });
    expect(facts.length).toBeGreaterThan(20);
    expect(missingFacts(facts, session.records)).toEqual([]);
    // What else the rest of the host does is live.test.ts's to judge.
    const violations = checkSf(session.path).filter(({ rule }) => rule === "addresses");
    expect(violations).toEqual([]);
    expect(summaryOf(session)).toEqual({ schema: 6, leftOut: [] });
    expect(session.run.stderr).not.toContain("IPv6");
  }, 180_000);

  test("schema 5 has what is IPv4, counts the rest, and says so once", async () => {
    const program = buildWorkload(folder);
    let facts: readonly Fact[] = [];
    const session = await collected("five", [], async () => {
      facts = runWorkload(program, join(folder, "work-five"), parts);
      // Long enough for a second warning, were there one.
      await Bun.sleep(2500);
      runWorkload(program, join(folder, "work-five-again"), ["ipv6"]);
    });
    const ofIpv6 = (fact: Fact) => fact["dip"] === "::1";
    expect(facts.filter(ofIpv6).length).toBeGreaterThan(5);
    expect(
      missingFacts(
        facts.filter((fact) => !ofIpv6(fact)),
        session.records,
      ),
    ).toEqual([]);
    expect(session.run.stderr.split("operations on IPv6 sockets are left out")).toHaveLength(2);
    expect(session.run.stderr).toContain("use --schema 6");
    // Others on the host may do more that has no place there, such as chmod.
    const { schema, leftOut } = summaryOf(session);
    expect(schema).toBe(5);
    expect(leftOut.filter((cause) => cause.includes("IPv6"))).toEqual([
      "IPv6 operations (no place in schema 5)",
    ]);
  }, 180_000);

  test("who initiated is the source also where that was before the run", async () => {
    const older = await openSockets();
    const session = await collected("older", ["--schema", "6"], () => older.talk());
    older.close();
    const flows = session.records
      .filter(({ kind, rec }) => kind === "NetworkFlow" && rec["sip6"] === loopback)
      .filter(({ rec }) => rec["dip6"] === loopback && Number(rec["numRRecvBytes"]) > 0)
      .map(({ rec }) => `${flagWords(Number(rec["opFlags"]))} ${rec["sport"]} ${rec["dport"]}`);
    for (const [name, { client, server }] of Object.entries(older.ports)) {
      const own = flows.filter((flow) => flow.includes(`${client}`) || flow.includes(`${server}`));
      expect([name, own.length > 0]).toEqual([name, true]);
      expect(own.filter((flow) => !flow.endsWith(` ${client} ${server}`))).toEqual([]);
    }
  }, 180_000);
});

/** A TCP connection and a UDP pair, the server of which has no peer; both ends are ours. */
async function openSockets() {
  const server = net.createServer((peer) => peer.on("data", (data) => peer.write(data)));
  await new Promise<void>((done) => server.listen(0, "::1", done));
  const port = (server.address() as AddressInfo).port;
  const client = net.connect(port, "::1");
  await new Promise((done) => client.once("connect", done));
  const [udpServer, udpClient] = [dgram.createSocket("udp6"), dgram.createSocket("udp6")];
  udpServer.on("message", (data, from) => udpServer.send(data, from.port, from.address));
  await new Promise<void>((done) => udpServer.bind(0, "::1", done));
  await new Promise<void>((done) => udpClient.connect(udpServer.address().port, "::1", done));
  return {
    ports: {
      tcp: { client: client.localPort, server: port },
      udp: { client: udpClient.address().port, server: udpServer.address().port },
    },
    async talk() {
      const answers = [
        new Promise((done) => client.once("data", done)),
        new Promise((done) => udpClient.once("message", done)),
      ];
      client.write("hello");
      udpClient.send("hello");
      await Promise.all(answers);
    },
    close() {
      client.destroy();
      server.close();
      udpClient.close();
      udpServer.close();
    },
  };
}
