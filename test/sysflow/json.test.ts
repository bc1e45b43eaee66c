// Lines of JSON: the exact text of each kind, numbers of 64 bits, characters that must not stand in a
// line as they are; and Python, which reads them as python3-avro reads the same records from a file.

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { FixedText, JsonTap } from "../../src/sysflow/json-tap.ts";
import { recordKinds, type SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { deliver } from "../../src/sysflow/record-sink.ts";
import type { SchemaVersion } from "../../src/sysflow/values.ts";
import { FileWriter } from "../../src/write/file/file-writer.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import { jsonText } from "../support/records/json-lines.ts";
import { hasPythonAvro, readWithPythonAvro } from "../support/records/python-avro.ts";
import {
  sampleContainer,
  sampleFile,
  sampleFileFlow,
  sampleHeader,
  sampleNetworkFlow,
  sampleParent,
  sampleSecondsHi,
} from "../support/records/sample-records.ts";

function written(write: (tap: JsonTap) => void): string {
  const tap = new JsonTap(10_000);
  write(tap);
  expect(tap.ok()).toBe(true);
  return tap.buffer.toString("utf8", 0, tap.pos);
}

describe("numbers", () => {
  const long = (value: bigint) =>
    written((tap) =>
      tap.halves(Number(BigInt.asUintN(32, value)), Number(BigInt.asIntN(32, value >> 32n))),
    );

  test.each([
    0n,
    1n,
    -1n,
    999_999_999n,
    1_000_000_000n,
    1_700_000_000_000_000_001n,
    2n ** 32n - 1n,
    2n ** 32n,
    -(2n ** 32n),
    2n ** 63n - 1n,
    -(2n ** 63n),
  ])("%d in halves", (value) => {
    expect(long(value)).toBe(String(value));
  });

  test("any 64 bits, one after another", () => {
    const value = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(fc.array(value, { minLength: 2 }), (values) => {
        const text = written((tap) => {
          for (const each of [...values, ...values.map((one) => one + 7n)]) {
            const wrapped = BigInt.asIntN(64, each);
            tap.halves(
              Number(BigInt.asUintN(32, wrapped)),
              Number(BigInt.asUintN(32, wrapped >> 32n)),
            );
            tap.text(" ");
          }
        });
        const wanted = [...values, ...values.map((one) => BigInt.asIntN(64, one + 7n))];
        expect(text.trimEnd().split(" ")).toEqual(wanted.map(String));
      }),
    );
  });

  test("any safe integer, and ints modulo 2^32", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written((tap) => tap.long(value))).toBe(String(value));
        expect(written((tap) => tap.int(value))).toBe(
          String(Number(BigInt.asIntN(32, BigInt(value)))),
        );
      }),
    );
    for (let digits = 1; digits <= 16; digits++) {
      for (const value of [10 ** (digits - 1), 10 ** digits - 1].filter(Number.isSafeInteger)) {
        expect(written((tap) => tap.long(value))).toBe(String(value));
        expect(written((tap) => tap.long(-value))).toBe(String(-value));
      }
    }
    expect(written((tap) => tap.int(0xffff_ffff))).toBe("-1");
  });
});

describe("texts", () => {
  test.each([
    ["", '""'],
    ["plain ~", '"plain ~"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["a\nb\r\t\0", '"a\\nb\\r\\t\\u0000"'],
    ["\u001b[31m\u007f\u0085\u009b", '"\\u001b[31m\\u007f\\u0085\\u009b"'],
    ["\u2028\u2029", '"\\u2028\\u2029"'],
    ["é€😀", '"é€😀"'],
    ["\ud83d", '"\ufffd"'],
    ["a\udc00b", '"a\ufffdb"'],
  ])("%j", (text, wanted) => {
    expect(written((tap) => tap.string(text))).toBe(wanted);
  });

  test("any text is one line that parses to it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = written((tap) => tap.string(text));
        expect(JSON.parse(line)).toBe(text.toWellFormed());
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });

  test("beyond the end nothing is written, and the position says so", () => {
    for (const text of ["plain and long", "é and long enough"]) {
      const tap = new JsonTap(8);
      tap.string(text);
      expect([tap.ok(), tap.pos]).toEqual([false, Buffer.byteLength(text) + 2]);
      tap.grow(0);
      tap.pos = 0;
      tap.grow(0);
      tap.string(text);
      expect(tap.buffer.toString("utf8", 0, tap.pos)).toBe(`"${text}"`);
    }
  });
});

describe("fixed texts", () => {
  const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).join("");

  test("of any length, one behind the other", () => {
    const texts = Array.from({ length: 96 }, (_, length) => ascii.slice(95 - length));
    const text = written((tap) => {
      for (const each of texts) tap.fixed(new FixedText(each));
    });
    expect(text).toBe(texts.join(""));
    expect(written((to) => to.fixed(new FixedText("}\n")))).toBe("}\n");
  });

  test("fill the room to its end, and no more of it", () => {
    for (let length = 1; length <= 20; length++) {
      const text = ascii.slice(0, length);
      const tap = new JsonTap(length);
      tap.fixed(new FixedText(text));
      expect([tap.ok(), tap.buffer.toString("latin1", 0, length)]).toEqual([true, text]);
      tap.fixed(new FixedText("x"));
      expect([tap.ok(), tap.pos]).toEqual([false, length + 1]);
    }
  });

  test("are plain: what may be the bits of no number is a bug", () => {
    expect(() => new FixedText("\x7f\xff")).toThrow("assertion");
  });
});

test("hex fills the room to its end, and no more of it", () => {
  const bytes = Uint8Array.of(0, 0x0f, 0xf0, 0xff);
  for (const [room, isOk] of [
    [10, true],
    [9, false],
  ] as const) {
    const tap = new JsonTap(room);
    tap.hex(bytes);
    expect([tap.ok(), tap.pos]).toEqual([isOk, 10]);
    expect(tap.buffer.toString("latin1", 0, 10) === '"000ff0ff"').toBe(isOk);
  }
});

describe("records", () => {
  test.each<[SysFlowRecord, SchemaVersion, string]>([
    [sampleHeader, 5, '{"rec":"SFHeader","version":5,"exporter":"tests","ip":"","filename":""}'],
    [
      sampleContainer(),
      5,
      '{"rec":"Container","id":"c010f5a08549","name":"web","image":"alpine:latest",' +
        '"imageid":"sha","type":"CT_DOCKER","privileged":false,"podId":null}',
    ],
    [
      { kind: "K8sEvent", component: 2, action: 1, tsLo: 5, tsHi: 0, message: '{"a":1}' },
      5,
      '{"rec":"K8sEvent","kind":"K8S_PODS","action":"K8S_COMPONENT_MODIFIED","ts":5,' +
        '"message":"{\\"a\\":1}"}',
    ],
  ])("%#: the whole line", (record, schema, line) => {
    expect(jsonText(record, schema)).toBe(`${line}\n`);
  });

  test("names of the schema, exact numbers, hex", () => {
    const process = jsonText({ ...sampleParent(), env: ["A=b", "C"] }, 5);
    const createTs = (BigInt(sampleSecondsHi) << 32n) + 1n;
    const oid = `{"createTS":${createTs},"hpid":1000}`;
    expect(process).toStartWith(`{"rec":"Process","state":"REUP","oid":${oid},"poid":null,"ts":`);
    expect(process).toEndWith('"entry":true,"cwd":"/","env":["A=b","C"]}\n');
    expect(jsonText(sampleFile("/a"), 5)).toMatch(/"oid":"[0-9a-f]{40}","ts":1699\d{15},/);
    expect(jsonText(sampleFileFlow(7), 5)).not.toContain("Lo");
  });

  test("schema 6 has the fields that 5 lacks", () => {
    const sip6 = Uint8Array.from({ length: 16 }, (_, i) => i);
    const flow = { ...sampleNetworkFlow(1), sip6, dip6: null };
    expect(jsonText(flow, 5)).toEndWith('"numWSendBytes":5000000000}\n');
    expect(jsonText(flow, 6)).toEndWith(
      ',"sip6":"000102030405060708090a0b0c0d0e0f","dip6":null}\n',
    );
  });
});

describe.skipIf(!hasPythonAvro)("python3 (skipped without python3-avro)", () => {
  test.each([5, 6] as const)("reads from the lines what is in a file of schema %d", (schema) => {
    const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-json-"));
    const path = join(folder, "any.sf");
    const writer = new FileWriter({ path, rotateIntervalSec: 0, startSec: 0, schema });
    const header = { ...sampleHeader, version: schema, filename: path };
    writer.header(header);
    const lines = [jsonText(header, schema)];
    const kinds = ["SFHeader"];
    for (const kind of recordKinds.filter((each) => each !== "SFHeader")) {
      for (const record of fc.sample(arbitraryRecord(kind), { numRuns: 50, seed: 3 })) {
        deliver(record, writer);
        lines.push(jsonText(record, schema));
        kinds.push(kind);
      }
    }
    writer.close();
    const script = `
import json, sys
for line in sys.stdin.buffer.read().decode().splitlines():
    print(json.dumps(json.loads(line, parse_int=lambda digits: "i" + digits)))
`;
    const { stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", script], {
      input: lines.join(""),
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    expect(stderr).toBe("");
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ rec }) => rec)).toEqual(kinds);
    const wanted = readWithPythonAvro([path])[0]?.map((record, i) => ({
      rec: kinds[i],
      ...(record as object),
    }));
    expect(records).toEqual(wanted as never);
    fs.rmSync(folder, { recursive: true });
  });
});
