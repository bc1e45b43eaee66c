// Rules over a live run: an output that joins its records, tests them and writes alerts. The other
// outputs have the records as they are. Where alerts cannot be written, the others go on.

import type { OperatorError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { FlatContext } from "../flatten/attribute.ts";
import { aboutSeconds } from "../flatten/times.ts";
import { JoinedOutput } from "../join/joined-output.ts";
import { Joiner } from "../join/joiner.ts";
import { type OutputContext, type OutputReport, QueuedOutput } from "../run/output/run-output.ts";
import { queueBytesDefault } from "../write/byte-queue.ts";
import type { Branch } from "../write/fan-out.ts";
import { inputFile, type KnownFile } from "../write/known-file.ts";
import { standardOutput } from "../write/standard-output.ts";
import { openStream } from "../write/stream/open-stream.ts";
import { StreamQueue } from "../write/stream/stream-queue.ts";
import { type AlertFormat, AlertWriter } from "./alert-writer.ts";
import { ExecutableHashes } from "./executable-hashes.ts";
import { type RepeatSettings, suppressionOf, type WatchedRules, watchRules } from "./load-rules.ts";
import type { RuleSettings } from "./policies.ts";
import { PolicyStage } from "./policy-stage.ts";
import type { Found } from "./rules.ts";
import type { Suppression } from "./suppression.ts";

export interface AlertPlace {
  /** Where alerts go; "-" for standard output. */
  readonly path: string;
  readonly format: AlertFormat;
  /** Where /proc is, for the action hash. */
  readonly proc: string;
  /** What must not be written over besides the capture that is read; asked when it is opened. */
  readonly known: () => readonly KnownFile[];
}

/** Rejects with an OperatorError where the policies cannot be used. */
export async function openPolicyOutput(
  settings: RuleSettings & RepeatSettings,
  place: AlertPlace,
  log: Log,
): Promise<PolicyOutput> {
  const watched = await watchRules(settings, log);
  return new PolicyOutput({ ...place, ...watched, suppression: suppressionOf(settings) });
}

interface PolicyOutputOptions extends AlertPlace, WatchedRules {
  readonly suppression: Suppression | null;
}

export class PolicyOutput extends QueuedOutput<AlertWriter> {
  readonly #options: PolicyOutputOptions;
  readonly #stage: PolicyStage;
  readonly #joiner: Joiner;
  #records: JoinedRecords | null = null;
  /** Null where a capture is read, whose processes are gone. */
  #hashes: ExecutableHashes | null = null;

  constructor(options: PolicyOutputOptions) {
    super();
    const { rules, suppression } = options;
    this.#options = options;
    this.#stage = new PolicyStage({
      rules,
      mode: "alert",
      suppression,
      onRecord: (of, found) => this.#tell(of, found),
    });
    this.#joiner = new Joiner(this.#stage);
  }

  /** To be called at any time: the policies are loaded anew, changed or not. */
  wantReload(): void {
    this.#options.reload.reload();
  }

  open({ log, read }: OutputContext): Branch {
    const { format, known, path, proc, reload } = this.#options;
    if (read === null) {
      reload.start();
      this.#hashes = new ExecutableHashes({ proc });
    }
    const stream = openStream(path, [...inputFile(read), ...known()]);
    const whenFull = read === null ? "drop" : "wait";
    const queue = new StreamQueue(stream, { bytesMax: queueBytesDefault, whenFull });
    const writer = new AlertWriter(queue, format);
    this.#records = new JoinedRecords(this.#joiner, writer);
    return this.opened(writer, this.#records, log);
  }

  override afterTurn(): void {
    this.writer.check();
  }

  get over(): string | null {
    const { path } = this.#options;
    const place = path === standardOutput ? "standard output" : path;
    return this.writer.isReaderGone ? `the reader of ${place} has gone` : null;
  }

  override close(): void {
    this.#options.reload.stop();
    super.close();
  }

  report(): OutputReport {
    const { bytesWritten, dropped, failed, queued } = this.writer.stats();
    const { byRule, filtered, suppressed } = this.#stage.stats();
    return {
      place: this.#options.path,
      schema: null,
      records: this.#records?.counts ?? null,
      bytesWritten,
      files: 0,
      queue: { bytes: queued, bytesMax: queueBytesDefault },
      alerts: byRule,
      losses: [
        { stage: "policy", cause: "references to what is not known", count: unknown(this.#joiner) },
        { stage: "write", cause: "alerts not written", count: failed },
        { stage: "write", cause: "alerts dropped (the output's queue was full)", count: dropped },
      ],
      leftOut: [
        { stage: "policy", cause: "records dropped by filters", count: filtered },
        { stage: "policy", cause: "alerts that repeat others", count: suppressed },
        { stage: "policy", cause: "hashes not to be had in time", count: this.#hashes?.left ?? 0 },
      ],
    };
  }

  #tell(of: FlatContext, found: Found | null): void {
    const hashes = found?.rules.some(({ wantsHashes }) => wantsHashes) ? this.#hashes : null;
    if (found === null || hashes === null || of.process === null || !hashes.hasRoom) {
      this.writer.write(of, found);
      return;
    }
    const { createHi, createLo, hpid: pid } = of.process.oid;
    const beganSec = aboutSeconds(createHi, createLo);
    this.writer.writeLater(of, found, hashes.of({ pid, beganSec }));
  }
}

/** How often a rule could be told less than there is. */
function unknown(joiner: Joiner): number {
  const { containers, files, pods, processes } = joiner.stats();
  return [processes, files, containers, pods].reduce((sum, kind) => sum + kind.unknown, 0);
}

/** Its failure is that of the alerts' stream. */
class JoinedRecords extends JoinedOutput {
  readonly #writer: AlertWriter;

  constructor(joiner: Joiner, writer: AlertWriter) {
    super(joiner);
    this.#writer = writer;
  }

  override untoldFailure(): OperatorError | null {
    return this.#writer.untoldFailure();
  }
}
