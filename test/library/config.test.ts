// What a configuration can be, and what becomes of it.

import { describe, expect, test } from "bun:test";
import { checkedConfig, type SysFlowConfig, sysFlowDefaults } from "../../src/library/config.ts";
import { read } from "../support/tidy/sources.ts";

function refusal(config: object): string {
  try {
    checkedConfig(config as SysFlowConfig);
    return "";
  } catch (error) {
    return String(error);
  }
}

describe("defaults", () => {
  test("hold for what is absent or undefined", () => {
    expect(checkedConfig({}).config).toEqual(sysFlowDefaults);
    const given = { filter: undefined } as unknown as SysFlowConfig;
    expect(checkedConfig(given).config).toEqual(sysFlowDefaults);
  });

  test("are upstream's", () => {
    const { open, rotateIntervalSec, settings } = checkedConfig({});
    expect(settings).toMatchObject({
      read: null,
      engine: null,
      containersOnly: false,
      exporter: "",
      nodeIp: "",
      samplingRatio: 1,
      stats: false,
      processFlows: true,
      fileOnly: true,
      fileReadMode: 2,
      mode: "flow",
    });
    expect(open).toEqual({
      filter: "",
      libraryLog: false,
      hostRoot: "",
      dropMode: true,
      samplingRatio: 1,
      cpusPerBuffer: 1,
    });
    expect(rotateIntervalSec).toBe(300);
  });

  test("of a capture are one file and no drop mode", () => {
    const { open, rotateIntervalSec, settings } = checkedConfig({ capturePath: "x.scap" });
    expect([open.dropMode, rotateIntervalSec, settings.read]).toEqual([false, 0, "x.scap"]);
  });

  test("of the schema are 5 in files, which every reader knows, else 6", () => {
    const schema = (config: SysFlowConfig) => checkedConfig(config).settings.schema;
    expect(schema({})).toBe(6);
    expect(schema({ filePath: "x" })).toBe(5);
    expect(schema({ socketPath: "x" })).toBe(5);
    expect(schema({ filePath: "x", schema: 6 })).toBe(6);
  });
});

test("what is set reaches the run", () => {
  const { config, open, settings } = checkedConfig({
    driverType: "ebpf-core",
    filter: "proc.name = x",
    containersOnly: true,
    collectionMode: "nofiles",
    processFlows: false,
    fileOnly: false,
    fileReadMode: 1,
    samplingRatio: 8,
    bufferBytes: 1 << 20,
    cpusPerBuffer: 0,
    allowOwnPidNamespace: true,
    hostRoot: "/host//",
    durationSec: 9,
    exporter: "e",
    nodeIp: "::1",
    stats: true,
    debugMode: true,
    queueRecords: 7,
  });
  expect(config.queueRecords).toBe(7);
  expect(settings).toMatchObject({
    engine: "modern_ebpf",
    containersOnly: true,
    mode: "nofiles",
    processFlows: false,
    fileOnly: false,
    fileReadMode: 1,
    samplingRatio: 8,
    allowOwnPidNamespace: true,
    durationSec: 9,
    exporter: "e",
    nodeIp: "::1",
    stats: true,
    warnings: [],
  });
  expect(open).toMatchObject({
    filter: "proc.name = x",
    samplingRatio: 8,
    bufferBytes: 1 << 20,
    cpusPerBuffer: 0,
    hostRoot: "/host",
    libraryLog: true,
  });
});

test.each([
  [{ exporterID: "x" }, 'no field "exporterID" in a SysFlowConfig; here it is exporter'],
  [{ singleBufferDimension: 1 }, "here it is bufferBytes"],
  [{ filtr: "" }, "here it is filter"],
  [{ somethingElse: 1 }, "README has all of them"],
  [{ toString: 1 }, 'no field "toString"'],
  [{ filter: 1 }, "SysFlowConfig.filter takes a string, not 1"],
  [{ containersOnly: "yes" }, 'takes true or false, not "yes"'],
  [{ driverType: "ebpf" }, 'takes "ebpf-core", "kmod", null, not "ebpf"'],
  [{ collectionMode: "all" }, 'takes "flow", "consume", "nofiles"'],
  [{ samplingRatio: 3 }, "takes a whole number from 1 to 128, a power of two, not 3"],
  [{ bufferBytes: 100_000 }, "a power of two, or null"],
  [{ bufferBytes: 8192 }, "from 16384 to 2147483648"],
  [{ cpusPerBuffer: -1 }, "from 0 to 4096"],
  [{ durationSec: 0.5 }, "from 1 to 31536000, or null"],
  [{ nodeIp: "here" }, 'takes an IPv4 or IPv6 address, or "", not "here"'],
  [{ callback: "x" }, "takes a function or null"],
  [{ onLog: 1 }, "takes a function or null"],
  [{ signal: {} }, "takes an AbortSignal or null"],
  [{ fileReadMode: 3 }, "takes 0, 1, 2, not 3"],
  [{ queueRecords: 0 }, "from 1 to 16777216"],
  [{ rotateIntervalSec: -1, filePath: "x" }, "from 0 to 31536000, or null"],
])("%j is refused", (config, message) => {
  expect(refusal(config)).toContain(message);
});

test.each([
  [{ capturePath: "x", driverType: "kmod" }, "driverType acts on the live kernel"],
  [{ capturePath: "x", samplingRatio: 2 }, "samplingRatio acts on the live kernel"],
  [{ samplingRatio: 2, dropMode: false }, "samplingRatio is a part of drop mode"],
  [{ rotateIntervalSec: 5 }, "filePath names none"],
])("%j exclude one another", (config, message) => {
  expect(refusal(config)).toContain(message);
});

test("what has no effect is said where it is set", () => {
  const { warnings } = checkedConfig({ moduleChecks: true, appName: "x" }).settings;
  expect(warnings.map((text) => text.split(":")[0])).toEqual([
    "moduleChecks has no effect",
    "appName has no effect",
  ]);
});

describe("the package's README", () => {
  const readme = read("src/library/README.md");
  const rows = readme
    .split("\n")
    .filter((line) => line.startsWith("| `") || line.startsWith("| –"));
  const cells = rows.map((line) => line.split("|").map((cell) => cell.trim()));

  test("maps each of upstream's fields", () => {
    const upstream = cells.flatMap(([, name = ""]) => name.match(/(?<=`)\w+(?=`)/g) ?? []);
    const fields =
      "filterContainers rotateInterval exporterID nodeIP filePath socketPath scapInputPath " +
      "falcoFilter samplingRatio criPath criTO enableStats enableProcessFlow fileOnly fileReadMode " +
      "dropMode callback debugMode k8sAPIURL k8sAPICert moduleChecks singleBufferDimension appName " +
      "collectionMode cpuBuffers driverType";
    expect(fields.split(" ").filter((name) => !upstream.includes(name))).toEqual([]);
  });

  test("names each of ours, with its default in the table", () => {
    for (const name of Object.keys(sysFlowDefaults)) {
      expect(readme).toContain(`\`${name}\``);
    }
    const table = cells.filter(
      ([, , ours = "", value = ""]) => /^`/.test(ours) && /^`/.test(value),
    );
    expect(table.length).toBeGreaterThan(20);
    for (const [, , ours = "", value = ""] of table) {
      for (const name of ours.match(/(?<=`)\w+(?=`)/g) ?? []) {
        const known = sysFlowDefaults[name as keyof SysFlowConfig];
        expect([name, value]).toEqual([name, `\`${JSON.stringify(known)}\``]);
      }
    }
  });

  test("has an example program as it stands", () => {
    const example = read("test/examples/watch.ts");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
    const [, inMain = ""] = /```ts\n([^`]*(?:`[^`]+)*?)```\n/.exec(read("README.md")) ?? [];
    expect(inMain.length).toBeGreaterThan(500);
    expect(example).toContain(inMain.trimEnd());
  });
});
