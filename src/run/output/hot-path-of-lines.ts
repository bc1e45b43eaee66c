// The code that runs for every line of JSON, by its doors, as ../hot-path.ts has that of every run. It stands
// by itself so that a run without such lines does not load it. JsonTap is not among it: its loops over
// characters are what the last tier makes faster, and small (290,000 lines: 0.23 s of CPU with it in that
// tier alone, 0.24 s with nothing in it, 0.33 s with everything).

import type { Code } from "../../base/runtime.ts";
import {
  jsonFile,
  jsonFileEvent,
  jsonFileFlow,
  jsonNetworkFlow,
  jsonProcess,
  jsonProcessEvent,
  jsonProcessFlow,
} from "../../sysflow/json.gen.ts";
import { JsonEncoder, SharedLines } from "../../write/stream/json-encoder.ts";
import { JsonWriter } from "../../write/stream/json-writer.ts";

export const hotPathOfLines = [
  JsonEncoder,
  JsonWriter,
  SharedLines,
  jsonFile,
  jsonFileEvent,
  jsonFileFlow,
  jsonNetworkFlow,
  jsonProcess,
  jsonProcessEvent,
  jsonProcessFlow,
] as unknown as readonly Code[];
