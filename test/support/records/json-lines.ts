// A record as its line of JSON.

import * as json from "../../../src/sysflow/json.gen.ts";
import { JsonTap } from "../../../src/sysflow/json-tap.ts";
import type { SysFlowRecord } from "../../../src/sysflow/record.gen.ts";
import { deliver } from "../../../src/sysflow/record-sink.ts";
import type { SchemaVersion } from "../../../src/sysflow/values.ts";

export function jsonText(record: SysFlowRecord, schema: SchemaVersion): string {
  const tap = new JsonTap(1 << 20);
  deliver(record, {
    header: (each) => json.jsonHeader(tap, each),
    container: (each) => json.jsonContainer(tap, each),
    process: (each) => json.jsonProcess(tap, each, schema),
    file: (each) => json.jsonFile(tap, each),
    processEvent: (each) => json.jsonProcessEvent(tap, each),
    networkFlow: (each) => json.jsonNetworkFlow(tap, each, schema),
    fileFlow: (each) => json.jsonFileFlow(tap, each),
    fileEvent: (each) => json.jsonFileEvent(tap, each, schema),
    networkEvent: (each) => json.jsonNetworkEvent(tap, each),
    processFlow: (each) => json.jsonProcessFlow(tap, each),
    pod: (each) => json.jsonPod(tap, each),
    k8sEvent: (each) => json.jsonK8sEvent(tap, each),
  });
  return tap.buffer.toString("utf8", 0, tap.pos);
}
