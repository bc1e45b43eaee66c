// The code that runs for every batch record, by its doors: see base/optimizer.ts for what it is for.

import type { Code } from "../base/runtime.ts";
import { BatchWalk, dispatch } from "../capture/batch-reader.ts";
import { Collector } from "../collect/collector.ts";
import { FileEventProcessor } from "../collect/events/file-event.ts";
import { ProcessEventProcessor } from "../collect/events/process-event.ts";
import { DataFlows } from "../collect/flows/data-flows.ts";
import { FileFlowProcessor } from "../collect/flows/file-flow.ts";
import { NetworkFlowProcessor } from "../collect/flows/network-flow.ts";
import { FileTable } from "../collect/tables/file-table.ts";
import { FlowTable } from "../collect/tables/flow-table.ts";
import { ProcessTable } from "../collect/tables/process-table.ts";
import {
  encodeFile,
  encodeFileEvent,
  encodeFileFlow,
  encodeNetworkFlow,
  encodeProcess,
  encodeProcessEvent,
  encodeProcessFlow,
} from "../sysflow/encoder.gen.ts";
import { writeStrings } from "../sysflow/field-writing.ts";
import { EncodedOutput, SharedRecords } from "../write/encoded-output.ts";
import { FanOut } from "../write/fan-out.ts";
import { FileWriter } from "../write/file/file-writer.ts";
import { RecordEncoder } from "../write/record-encoder.ts";
import { Sharers } from "../write/shared-output.ts";

export const hotPath = [
  BatchWalk,
  dispatch,
  Collector,
  DataFlows,
  FileEventProcessor,
  FileFlowProcessor,
  FileTable,
  FlowTable,
  NetworkFlowProcessor,
  ProcessEventProcessor,
  ProcessTable,
  encodeFile,
  encodeFileEvent,
  encodeFileFlow,
  encodeNetworkFlow,
  encodeProcess,
  encodeProcessEvent,
  encodeProcessFlow,
  EncodedOutput,
  FanOut,
  FileWriter,
  RecordEncoder,
  SharedRecords,
  Sharers,
  writeStrings,
] as unknown as readonly Code[];
