// How a run goes, over HTTP while it goes on: `/metrics` for Prometheus and `/healthz` for who restarts
// programs. Nothing is done for it but when somebody asks; whoever asks in a loop gets the same text
// for a moment, so that the run is not slowed by it. Deleting this folder and its few lines in
// cli/commands/collect.ts deletes the feature.

import { monotonicMs } from "../base/clock.ts";
import type { RunState } from "../run/run-state.ts";
import { type Address, addressText, parseAddress } from "./address.ts";
import { expositionText, expositionType } from "./exposition.ts";
import { troubles } from "./health.ts";
import { type Answer, plain, type Request, serveHttp } from "./http-server.ts";
import { runFamilies } from "./metrics.ts";
import { processFamilies } from "./process-facts.ts";

/** To be told what becomes of the run. */
export interface Telemetry {
  /** Where it is served, for the operator. */
  readonly place: string;
  /** @param look how the run stands */
  opened(look: () => RunState | null): void;
  /** Nothing new is taken from now on. */
  ending(): void;
  /** May be called twice. */
  close(): void;
}

/** For so long an answer is given again. */
const freshMs = 250;

/** What the program is made of. */
export interface Build {
  readonly version: string;
  readonly commit: string | null;
  readonly falcoLibs: string | null;
  readonly runtime: { readonly name: string; readonly version: string };
  readonly architecture: string;
}

/**
 * @param address as the operator gave it
 * @throws OperatorError OPTION_VALUE, METRICS_NOT_OPENED
 */
export async function openTelemetry(
  address: string,
  { architecture, commit, falcoLibs, runtime, version }: Build,
): Promise<Telemetry> {
  const page = new Pages({
    version,
    commit: commit ?? "",
    falco_libs: falcoLibs ?? "",
    runtime: `${runtime.name} ${runtime.version}`,
    architecture,
  });
  const server = await serveHttp(parseAddress(address), (request) => page.answer(request));
  return {
    place: placeText(server.address),
    opened: (look) => page.opened(look),
    ending: () => page.ending(),
    close: () => server.close(),
  };
}

class Pages {
  readonly #build: Readonly<Record<string, string>>;
  #look: () => RunState | null = () => null;
  #isEnding = false;
  #metrics = "";
  /** Until when that may be given. */
  #metricsUntilMs = Number.NEGATIVE_INFINITY;

  constructor(build: Readonly<Record<string, string>>) {
    this.#build = build;
  }

  opened(look: () => RunState | null): void {
    this.#look = look;
    this.#metricsUntilMs = Number.NEGATIVE_INFINITY;
  }

  ending(): void {
    this.#isEnding = true;
  }

  answer({ path, wantsJson }: Request): Answer {
    switch (path) {
      case "/metrics":
        return { status: 200, type: expositionType, body: this.#metricsText() };
      case "/healthz":
        return this.#health(wantsJson);
      default:
        return plain(404, "there are /metrics and /healthz\n");
    }
  }

  #metricsText(): string {
    const now = monotonicMs();
    if (now >= this.#metricsUntilMs) {
      this.#metrics = expositionText([
        ...runFamilies(this.#look(), this.#build),
        ...processFamilies(),
      ]);
      this.#metricsUntilMs = now + freshMs;
    }
    return this.#metrics;
  }

  #health(wantsJson: boolean): Answer {
    const reasons = troubles(this.#look(), this.#isEnding);
    const isWell = reasons.length === 0;
    const status = isWell ? 200 : 503;
    if (wantsJson) {
      const body = `${JSON.stringify({ status: isWell ? "ok" : "failing", reasons })}\n`;
      return { status, type: "application/json", body };
    }
    return plain(status, isWell ? "ok\n" : reasons.map((reason) => `${reason}\n`).join(""));
  }
}

function placeText(address: Address): string {
  const at = addressText(address);
  return address.kind === "tcp" ? `http://${at}/metrics` : `${at}, /metrics`;
}
