// Rules under live collection: for each rule of the program a deed that fires it and one close by that
// does not, the same for rules of Falco's file, and work of every day, which is to fire none of the
// program's. All of it is done in one session, on a stage of its own.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultPolicyFiles } from "../../src/policy/defaults/default-policies.ts";
import { SourceFile } from "../../src/policy/language/source-text.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { containerId, DockerServer } from "../support/containers/docker-server.ts";
import { whyNoCgroup } from "../support/containers/in-cgroup.ts";
import { until } from "../support/containers/until.ts";
import { defaultDeeds } from "../support/deeds/default-deeds.ts";
import {
  falcoFileDeeds,
  falcoProgramDeeds,
  falcoTunedDeeds,
  falcoTuning,
} from "../support/deeds/falco-deeds.ts";
import { type Fired, firedAt } from "../support/deeds/fired.ts";
import { furniture } from "../support/deeds/furniture.ts";
import { ordinaryWork } from "../support/deeds/ordinary-work.ts";
import { type RuleDeed, scriptsOf } from "../support/deeds/rule-deed.ts";
import { type Deed, Stage, whyNoStage } from "../support/deeds/stage.ts";
import { RunningSysflow, sysflow, whyNotLive } from "../support/program/sysflow.ts";
import { settled } from "../support/truth/observe.ts";
import { hasCompiler } from "../support/truth/workload.ts";

const noCompiler = hasCompiler ? null : "it takes a C compiler";
const obstacle = noCompiler ?? whyNoStage() ?? whyNotLive();
const noContainers = whyNoCgroup();
if (noContainers !== null) test.skip(`deeds in containers: ${noContainers}`, () => {});
if (obstacle !== null) test.skip(`rules under live collection: ${obstacle}`, () => {});

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-rules-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const box = containerId(process.pid);
const privilegedBox = containerId(process.pid + 1);
const falcoDeeds = [...falcoFileDeeds, ...falcoProgramDeeds];
const calm = ordinaryWork.map(({ script, needs }, index): Deed => {
  const words =
    needs === undefined ? script : `command -v ${needs} > /dev/null || exit 0\n${script}`;
  return { name: `calm-${index}`, script: words };
});
const acts = [
  ...calm,
  ...deedsOf("own", defaultDeeds),
  ...deedsOf("falco", falcoDeeds),
  ...deedsOf("tuned", falcoTunedDeeds),
].filter(({ container }) => container === undefined || noContainers === null);

/** Those for each rule: what it must see, and the one close by. */
function deedsOf(set: string, deeds: readonly RuleDeed[]): readonly Deed[] {
  return deeds.flatMap((deed, index) => {
    const { near, where } = deed;
    const id = where === "privileged container" ? privilegedBox : box;
    const seen = scriptsOf(deed).map((script, variant) => {
      const name = `${set}-deed-${index}-${variant}`;
      return { name, script, ...(where !== undefined && { container: id }) };
    });
    const isNearInside = where !== undefined && where !== "deed in a container";
    const unseen = { name: `${set}-near-${index}`, script: near };
    return [...seen, { ...unseen, ...(isNearInside && { container: box }) }];
  });
}

/** Does all deeds while it is collected. @returns the path of the records */
async function collectDeeds(): Promise<string> {
  fs.mkdirSync(join(folder, "stage"));
  const server = await DockerServer.listen(join(folder, "docker.sock"));
  const stage = await Stage.set(join(folder, "stage"), acts, furniture);
  try {
    const output = ["-w", join(folder, "live.sf"), "-G", "100000", "--schema", "6"];
    const rules = ["--policy", "default", "--alerts", alerts, "--alert-format", "json"];
    const words = ["-k", "ebpf-core", "-p", server.path, ...output, ...rules];
    const running = new RunningSysflow(["collect", ...words]);
    await running.says("collecting with");
    if (noContainers === null) await nameContainers(server);
    await stage.act();
    await settled(running);
    running.kill("SIGTERM");
    const { status, stderr } = await running.end();
    if (status !== 0) throw new Error(`sysflow ended with ${status}: ${stderr}`);
  } catch (error) {
    await stage.leave();
    throw error;
  } finally {
    await server.close();
  }
  const file = fs.readdirSync(folder).find((name) => name.startsWith("live."));
  return join(folder, file ?? "");
}

/** So that the first record of each has its name. */
async function nameContainers(server: DockerServer): Promise<void> {
  server.add({ id: box, name: "box", image: "team/box:1", privileged: false });
  server.add({ id: privilegedBox, name: "rights", image: "team/rights:1", privileged: true });
  await until(() => server.streams === 1);
  for (const id of [box, privilegedBox]) server.say("create", id);
  const isAsked = (id: string) => server.asked.some((one) => one.includes(id.slice(0, 12)));
  await until(() => [box, privilegedBox].every(isAsked));
  await Bun.sleep(200);
}

const alerts = join(folder, "alerts.json");
const names = acts.map(({ name }) => name);
let records = "";
let own: Fired;
beforeAll(async () => {
  if (obstacle !== null) return;
  records = await collectDeeds();
  own = await firedAt(records, defaultPolicyFiles(), names);
}, 120_000);

function rowsOf(deeds: readonly RuleDeed[]) {
  const rows = deeds.map((deed, index) => [deed.rule, deed, index] as const);
  return rows.filter(([, { where }]) => where === undefined || noContainers === null);
}

/** What fired at each of a rule's deeds, and at the one close by. */
function seen({ at }: Fired, set: string, deed: RuleDeed, index: number) {
  const scripts = scriptsOf(deed);
  const fired = scripts.map((script, variant) => [
    script,
    at.get(`${set}-deed-${index}-${variant}`),
  ]);
  const others = Object.keys(at.get(`${set}-near-${index}`) ?? {}).sort();
  return { fired, near: others };
}

/** How often each rule is told of in lines of JSON. */
function alertsIn(lines: string): Record<string, number> {
  const told: Record<string, number> = {};
  for (const line of lines.trimEnd().split("\n")) {
    const { policies } = JSON.parse(line) as { readonly policies: readonly { id: string }[] };
    for (const { id } of policies) told[id] = (told[id] ?? 0) + 1;
  }
  return told;
}

function wanted(deed: RuleDeed) {
  const { rule, times = 1, also = [], nearFires = [] } = deed;
  const more = Object.fromEntries(also.map((name) => [name, expect.any(Number)]));
  const fired = scriptsOf(deed).map((script) => [script, { ...more, [rule]: times }]);
  return { fired, near: [...nearFires] };
}

describe.skipIf(obstacle !== null)("rules of the program", () => {
  test.each(rowsOf(defaultDeeds))("%s", (_, deed, index) => {
    expect(seen(own, "own", deed, index)).toEqual(wanted(deed));
  });

  test("none of them lacks anything", () => {
    expect(own.skipped).toEqual([]);
  });

  test("as many alerts were told while it was collected, by `--policy default`", () => {
    expect(alertsIn(fs.readFileSync(alerts, "utf8"))).toEqual(own.inAll);
  });

  test("`process` tells those of rules that are not switched off", () => {
    const off = ["--without-rule", "Shell opens a connection itself", "--without-tag", "file"];
    const words = ["process", "--policy", "default", ...off, "--format", "json", records];
    const { status, stdout } = sysflow(words);
    expect(status).toBe(0);
    const tagsOf = new Map(own.rules.map(({ name, tags }) => [name, tags]));
    const isOn = (name: string) =>
      name !== "Shell opens a connection itself" && !tagsOf.get(name)?.includes("file");
    const wanted = Object.entries(own.inAll).filter(([name]) => isOn(name));
    expect(alertsIn(stdout)).toEqual(Object.fromEntries(wanted));
  });
});

describe.skipIf(obstacle !== null)("work of every day fires no rule of the program", () => {
  test.each(ordinaryWork.map(({ what }, index) => [what, index] as const))("%s", (_, index) => {
    expect(own.at.get(`calm-${index}`)).toBeUndefined();
  });
});

const falcoObstacle = hasReference ? obstacle : "upstream's data is absent";
describe.skipIf(falcoObstacle !== null)("rules of Falco's file", () => {
  let asItIs: Fired;
  let tuned: Fired;
  beforeAll(async () => {
    const path = referencePath("policies/tests/falco.yaml");
    const file = new SourceFile("falco.yaml", fs.readFileSync(path, "utf8"));
    asItIs = await firedAt(records, [file], names);
    tuned = await firedAt(records, [file, new SourceFile("tuning.yaml", falcoTuning)], names);
  });

  test("are more than 25", () => {
    expect(falcoDeeds.length).toBeGreaterThanOrEqual(25);
  });

  test.each(rowsOf(falcoDeeds))("%s", (_, deed, index) => {
    expect(seen(asItIs, "falco", deed, index)).toEqual(wanted(deed));
  });

  test.each(rowsOf(falcoTunedDeeds))("%s, switched on by macros", (_, deed, index) => {
    expect(seen(tuned, "tuned", deed, index)).toEqual(wanted(deed));
  });
});
