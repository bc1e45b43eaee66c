// Replays a capture into a .sf file inside the test's own process: capture → collect → write, as
// `sysflow collect -r` joins them. The settings are those that upstream's reference files were made
// with, so file reads are kept and process flows are off.

import { readBatch } from "../../../src/capture/batch-reader.ts";
import type { CaptureStats, OpenOptions } from "../../../src/capture/binding.ts";
import { openCapture } from "../../../src/capture/capture.ts";
import { Collector } from "../../../src/collect/collector.ts";
import type { RecordOutput } from "../../../src/sysflow/record-sink.ts";
import { type SchemaVersion, schemaVersionDefault } from "../../../src/sysflow/values.ts";
import { FanOut } from "../../../src/write/fan-out.ts";
import { FileWriter } from "../../../src/write/file/file-writer.ts";
import { flowOptions } from "../collect/collect.ts";

export interface Replay {
  readonly stats: CaptureStats;
  /** What ended the replay before the end of the capture, or null. */
  readonly error: unknown;
}

/**
 * @param options how to capture, beside the engine and the path; `batchRecords` for tiny batches
 * @param beside other outputs of the same records
 */
export function replay(
  capturePath: string,
  outputPath: string,
  options: Partial<OpenOptions> = {},
  schema: SchemaVersion = schemaVersionDefault,
  beside: readonly RecordOutput[] = [],
): Replay {
  const capture = openCapture({ ...options, engine: "savefile", path: capturePath });
  const writer = new FileWriter({ path: outputPath, rotateIntervalSec: 0, startSec: 1, schema });
  const outputs = new FanOut([writer, ...beside].map((output) => ({ output, onFailure: "end" })));
  const collector = new Collector(outputs, { ...flowOptions, schema });
  let [lastTsLo, lastTsHi] = [0, 0];
  let error: unknown = null;
  try {
    while (!capture.eof) {
      if (capture.next(100)) {
        readBatch(capture.view, collector);
        lastTsLo = capture.view.lastTsLo;
        lastTsHi = capture.view.lastTsHi;
      }
    }
  } catch (cause) {
    error = cause;
  }
  collector.finish(lastTsLo, lastTsHi);
  writer.close();
  const stats = capture.stats();
  capture.close();
  return { stats, error };
}
