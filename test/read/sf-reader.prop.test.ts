// Files that were changed in any way: reading ends, with all records or with a fault, and never gives a
// block that is not good to its end.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { InputFault } from "../../src/read/input-fault.ts";
import { recordKinds, type SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { sysFlowSchema } from "../../src/sysflow/schema.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import { readBytes } from "../support/records/read-sf.ts";
import { sampleHeader } from "../support/records/sample-records.ts";
import { recordsBlock, type SfCodec, sfBlock, sfHeader } from "../support/records/sf-bytes.ts";

const RUNS = 3000;
/** Far more than any such file takes; the machine may be busy. */
const MS_MAX = 5000;

const records = recordKinds
  .filter((kind) => kind !== "SFHeader")
  .flatMap((kind) => fc.sample(arbitraryRecord(kind), { numRuns: 2, seed: 7 }));
const blocks: readonly (readonly SysFlowRecord[])[] = [
  [{ ...sampleHeader, version: 6 }],
  records.slice(0, 11),
  records.slice(11),
];
const ours = JSON.stringify(sysFlowSchema(6));
/** The same with another text, so that it is resolved. */
const other = JSON.stringify(sysFlowSchema(6), null, 1);

interface Change {
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 2 ** 30 }),
  length: fc.nat({ max: 8 }),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(...[0, 1, 0x7f, 0x80, 0xff].map((byte) => new Uint8Array(8).fill(byte))),
  ),
});

function changed(bytes: Buffer, changes: readonly Change[]): Buffer {
  let result = bytes;
  for (const { at, length, bytes: put } of changes) {
    const start = at % (result.length + 1);
    result = Buffer.concat([result.subarray(0, start), put, result.subarray(start + length)]);
  }
  return result;
}

/** @returns how many records were given. */
function readChanged(bytes: Buffer): number {
  const began = performance.now();
  let given = 0;
  try {
    readBytes(bytes, "x.sf", () => {
      given += 1;
    });
  } catch (error) {
    expect(error).toBeInstanceOf(InputFault);
    expect((error as Error).message).toMatch(/^cannot read (all of )?x\.sf: [^\n]+$/);
  }
  expect(performance.now() - began).toBeLessThan(MS_MAX);
  return given;
}

const cases: readonly (readonly [SfCodec, string, string])[] = [
  ["null", "our schema", ours],
  ["null", "a resolved schema", other],
  ["deflate", "our schema", ours],
];

test.each(cases)(
  "codec %s, %s: a changed file is read to an end",
  (codec, _, schema) => {
    const bytes = Buffer.concat([
      sfHeader(codec, schema),
      ...blocks.map((each) => sfBlock(codec, recordsBlock(each))),
    ]);
    expect(readChanged(bytes)).toBe(23);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        readChanged(changed(bytes, changes));
      }),
      { numRuns: RUNS },
    );
  },
  120_000,
);

test.each(cases)(
  "codec %s, %s: records changed within a good frame are",
  (codec, _, schema) => {
    const whole = recordsBlock(records);
    const start = Buffer.concat([
      sfHeader(codec, schema),
      sfBlock(codec, recordsBlock(blocks[0] as readonly SysFlowRecord[])),
    ]);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const data = changed(Buffer.from(whole.data), changes);
        const given = readChanged(Buffer.concat([start, sfBlock(codec, { ...whole, data })]));
        expect([1, 1 + whole.count]).toContain(given);
      }),
      { numRuns: RUNS },
    );
  },
  120_000,
);

test("a schema changed in any way is refused or resolved", () => {
  const rest = blocks.map((each) => sfBlock("null", recordsBlock(each)));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const schema = changed(Buffer.from(other), changes).toString("latin1");
      readChanged(Buffer.concat([sfHeader("null", schema), ...rest]));
    }),
    { numRuns: RUNS },
  );
}, 120_000);
