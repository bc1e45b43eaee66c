// Outputs of rules: fields in a text, in Falco's form, and what is wrong in one.

import { describe, expect, test } from "bun:test";
import { compileOutput, type OutputFault } from "../../src/export/output-text.ts";
import * as op from "../../src/sysflow/op-flags.gen.ts";
import type { SysFlowRecord } from "../../src/sysflow/record.gen.ts";
import { eachJoinedOf } from "../support/records/joined.ts";
import {
  sampleChild,
  sampleContainer,
  sampleFile,
  sampleFileFlow,
  sampleHeader,
  sampleParent,
  sampleProcessEvent,
} from "../support/records/sample-records.ts";

const entities = [
  sampleHeader,
  sampleContainer(),
  sampleParent(),
  sampleChild(),
  sampleFile("/old"),
];

/** The text for the last of the records. */
function textOf(output: string, record: SysFlowRecord = sampleFileFlow(120)): string {
  const { faults, text } = compileOutput(output);
  expect(faults).toEqual([]);
  let result = "";
  eachJoinedOf([...entities, record], (joined) => {
    result = text(joined);
  });
  return result;
}

describe("the text has", () => {
  test.each([
    ["no field at all", "no field at all"],
    ["", ""],
    ["%proc.name", "sh"],
    ["(user=%user.name file=%fd.name)", "(user=root file=/old)"],
    ["%proc.name%proc.name", "shsh"],
    ["ends %proc.name.", "ends sh."],
    ["%container.image.repository:%container.image.tag", "alpine:latest"],
    ["%proc.aname[1] and %proc.aname[9].", "sh and <NA>."],
    ["%sf.proc.pid %sf.file.path", "1001 /old"],
    ["*%proc.name", "sh"],
    ["%5proc.name|", "sh   |"],
    ["%1proc.name|", "s|"],
    ["%toupper(proc.name)", "SH"],
    ["%len(tolower(proc.exepath))!", "7!"],
    ["%6toupper(proc.name)|", "SH    |"],
    ["%evt.time", "07:47:35.756800120"],
    ["%sf.net.dip", "<NA>"],
    ["in %container.info", "in web (id=c010f5a08549)"],
  ])("%j gives %j", (output, text) => {
    expect(textOf(output)).toBe(text);
  });

  test("what a JSON path finds", () => {
    const message = '{"items":[{"kind":"Pod","name":"web"}]}';
    const event = { kind: "K8sEvent", component: 2, action: 0, tsLo: 1, tsHi: 0, message } as const;
    expect(textOf("%sf.ke.message[items.0.name] is new", event)).toBe("web is new");
    expect(textOf('%sf.ke.message[items.#(kind=="Pod").name]', event)).toBe("web");
  });

  test("<NA> for what the record does not have", () => {
    const exit = sampleProcessEvent(op.OP_EXIT, 150);
    expect(textOf("%proc.name %sf.file.path %fd.name", exit)).toBe("sh <NA> <NA>");
  });
});

describe("a fault is told", () => {
  const faultsOf = (output: string): readonly OutputFault[] => compileOutput(output).faults;

  test.each([
    ["a %proc.nmae b", "%proc.nmae", "no attribute is named proc.nmae; did you mean proc.name?"],
    ["100% of all", "%", "a % stands before the name of a field, as in %proc.name"],
    ["%9999proc.name", "%9999proc.name", /^%9999: a value is cut to at most 1000 characters$/],
    [
      "%tolowr(proc.name)",
      "%tolowr(proc.name",
      "there is no transformer tolowr; did you mean tolower?",
    ],
    ["%tolower(proc.name", "%tolower(proc.name", "%tolower(proc.name needs a closing parenthesis"],
    ["%proc.name[1", "%proc.name[1", null],
  ])("in %j", (output, field, message) => {
    const [fault] = faultsOf(output);
    if (message === null) {
      expect(fault).toBeUndefined();
      return;
    }
    expect(fault).toMatchObject({ severity: "error", field });
    expect(fault?.message).toMatch(message);
  });

  test("as a warning where Falco has the field and no record does", () => {
    const { faults, text } = compileOutput("%proc.sid!");
    expect(faults).toMatchObject([{ severity: "warning", field: "%proc.sid!" }]);
    expect(faults[0]?.message).toStartWith("always <NA>: proc.sid: ");
    expect(text(null as never)).toBe("<NA>!");
  });

  test("and the text can be used all the same, with the field as it was written", () => {
    const { text } = compileOutput("a %proc.nmae b");
    expect(text(null as never)).toBe("a %proc.nmae b");
  });

  test("of more fields than anybody needs", () => {
    const [fault, ...more] = faultsOf("%proc.name".repeat(201));
    expect(fault?.message).toBe("an output has at most 200 fields");
    expect(more).toEqual([]);
  });
});
