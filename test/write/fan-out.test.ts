// Who is given what, and what becomes of an output that fails beside others that do not.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OperatorError } from "../../src/base/errors.ts";
import type { K8sEvent, NetworkEvent, Pod } from "../../src/sysflow/record.gen.ts";
import type { RecordOutput } from "../../src/sysflow/record-sink.ts";
import { type Branch, FanOut } from "../../src/write/fan-out.ts";
import { arbitraryRecord } from "../support/records/arbitrary-records.ts";
import { fanOutAsReceiver } from "../support/records/fan-out-receiver.ts";
import { sampleFileFlow, sampleHeader, writeSample } from "../support/records/sample-records.ts";

/** Notes the kinds that it is given, and fails on demand. */
class NotingOutput {
  readonly kinds: string[] = [];
  failure: OperatorError | null = null;
  isAnew = false;
  /** Thrown by its next call. */
  fault: unknown = null;

  take(record: { readonly kind: string }): void {
    if (this.fault !== null) {
      const { fault } = this;
      this.fault = null;
      throw fault;
    }
    this.kinds.push(record.kind);
  }

  asOutput(): RecordOutput {
    const take = (record: { readonly kind: string }) => this.take(record);
    return {
      ...{ header: take, container: take, process: take, file: take, processEvent: take },
      ...{ fileEvent: take, networkFlow: take, fileFlow: take, processFlow: take },
      ...{ networkEvent: take, pod: take, k8sEvent: take },
      untoldFailure: () => {
        const { failure } = this;
        this.failure = null;
        return failure;
      },
      rotateDue: () => this.isAnew,
    };
  }
}

const disk = () => new OperatorError("OUTPUT_WRITE_FAILED", "cannot write x: the disk is full");

function setup(count: number, onFailure: Branch["onFailure"] = "end") {
  const outputs = Array.from({ length: count }, () => new NotingOutput());
  const told: [number, string][] = [];
  const fanOut = new FanOut(
    outputs.map((output, i) => ({
      output: output.asOutput(),
      onFailure,
      onFailed: (failure) => told.push([i, failure.code]),
    })),
  );
  return { outputs, told, fanOut };
}

describe("records", () => {
  test.each([1, 2, 31])("all %d outputs are given all", (count) => {
    const { fanOut, outputs } = setup(count);
    const alone = new NotingOutput();
    const to = <T>(record: T) => [record, fanOut.outputs] as const;
    writeSample(alone.asOutput());
    writeSample({
      ...fanOutAsReceiver(fanOut),
      container: (record) => fanOut.container(...to(record)),
      process: (record) => fanOut.process(...to(record)),
      file: (record) => fanOut.file(...to(record)),
      pod: (record) => fanOut.pod(...to(record)),
    });
    expect(outputs.map(({ kinds }) => kinds)).toEqual(outputs.map(() => alone.kinds));
  });

  test("entities go to those that lack them", () => {
    const { fanOut, outputs } = setup(3);
    const container = { kind: "Container", id: "c", name: "", image: "", imageid: "" } as const;
    fanOut.container({ ...container, type: 0, privileged: false, podId: null }, 0b101);
    expect(outputs.map(({ kinds }) => kinds.length)).toEqual([1, 0, 1]);
  });

  test("of kinds that the sample lacks go to all, or to those that lack them", () => {
    const { fanOut, outputs } = setup(3);
    const [networkEvent, pod, k8sEvent] = (["NetworkEvent", "Pod", "K8sEvent"] as const).map(
      (kind) => fc.sample(arbitraryRecord(kind), { numRuns: 1, seed: 1 })[0],
    );
    fanOut.networkEvent(networkEvent as NetworkEvent);
    fanOut.pod(pod as Pod, 0b010);
    fanOut.k8sEvent(k8sEvent as K8sEvent);
    expect(outputs.map(({ kinds }) => kinds)).toEqual([
      ["NetworkEvent", "K8sEvent"],
      ["NetworkEvent", "Pod", "K8sEvent"],
      ["NetworkEvent", "K8sEvent"],
    ]);
  });

  test("who begins anew is a bit", () => {
    const { fanOut, outputs } = setup(3);
    for (const i of [1, 2]) (outputs[i] as NotingOutput).isAnew = true;
    expect(fanOut.rotateDue(1)).toBe(0b110);
  });

  test.each([0, 32])("%d outputs are a bug", (count) => {
    expect(() => setup(count)).toThrow("assertion");
  });
});

describe("a failure", () => {
  test("that ends the run is thrown after the others have the record", () => {
    const { fanOut, outputs } = setup(3);
    (outputs[0] as NotingOutput).fault = disk();
    expect(() => fanOut.fileFlow(sampleFileFlow(1))).toThrow("the disk is full");
    expect(outputs.map(({ kinds }) => kinds.length)).toEqual([0, 1, 1]);
    fanOut.fileFlow(sampleFileFlow(1));
    expect(() => fanOut.check()).not.toThrow();
  });

  test("that does not is told once, and the others go on", () => {
    const { fanOut, outputs, told } = setup(2, "goOn");
    (outputs[1] as NotingOutput).fault = disk();
    for (let i = 0; i < 3; i++) {
      fanOut.fileFlow(sampleFileFlow(i));
      (outputs[1] as NotingOutput).fault = disk();
      (outputs[1] as NotingOutput).failure = disk();
      fanOut.check();
    }
    expect(told).toEqual([[1, "OUTPUT_WRITE_FAILED"]]);
    expect(outputs[0]?.kinds.length).toBe(3);
  });

  test("need not be told: it is then in the summary alone", () => {
    const outputs = [new NotingOutput(), new NotingOutput()];
    const fanOut = new FanOut(
      outputs.map((output) => ({ output: output.asOutput(), onFailure: "goOn" })),
    );
    (outputs[0] as NotingOutput).fault = disk();
    fanOut.fileFlow(sampleFileFlow(1));
    expect(outputs.map(({ kinds }) => kinds.length)).toEqual([0, 1]);
  });

  test("of two that end the run the first is thrown", () => {
    const { fanOut, outputs } = setup(2);
    for (const [i, output] of outputs.entries()) {
      output.failure = new OperatorError("OUTPUT_WRITE_FAILED", `output ${i} failed`);
    }
    expect(() => fanOut.check()).toThrow("output 0 failed");
    expect(() => fanOut.check()).not.toThrow();
  });

  test("of the last that works is thrown", () => {
    const { fanOut, outputs, told } = setup(2, "goOn");
    for (const output of outputs) output.failure = disk();
    expect(() => fanOut.check()).toThrow("the disk is full");
    expect(told.map(([i]) => i)).toEqual([0]);
  });

  test("that came between calls is found by looking", () => {
    const { fanOut, outputs } = setup(1);
    fanOut.check();
    (outputs[0] as NotingOutput).failure = disk();
    expect(() => fanOut.check()).toThrow("the disk is full");
  });

  test("to begin a new file counts as well", () => {
    const { fanOut, outputs, told } = setup(2, "goOn");
    const [, second] = outputs;
    const failing = (second as NotingOutput).asOutput();
    const both = new FanOut([
      { output: (outputs[0] as NotingOutput).asOutput(), onFailure: "goOn" },
      {
        output: {
          ...failing,
          rotateDue: () => {
            throw disk();
          },
        },
        onFailure: "goOn",
        onFailed: ({ code }) => told.push([1, code]),
      },
    ]);
    (outputs[0] as NotingOutput).isAnew = true;
    expect([both.rotateDue(1), fanOut.rotateDue(1)]).toEqual([1, 1]);
    expect(told.length).toBe(1);
    const alone = new FanOut([
      {
        output: {
          ...failing,
          rotateDue: () => {
            throw disk();
          },
        },
        onFailure: "end",
      },
    ]);
    expect(() => alone.rotateDue(1)).toThrow("the disk is full");
  });

  test("that is a defect passes through, once all have the record", () => {
    const { fanOut, outputs } = setup(2, "goOn");
    (outputs[0] as NotingOutput).fault = new TypeError("a bug");
    expect(() => fanOut.header(sampleHeader)).toThrow("a bug");
    expect(outputs[1]?.kinds).toEqual(["SFHeader"]);
  });
});
