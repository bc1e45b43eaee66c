// Whether a run does what it is for: the capture delivers, and every output takes records or can again.
// What passes by itself, such as a disk that is full or a reader that is away, is no reason; the metrics
// tell of it.

import type { RunState } from "../run/run-state.ts";

/** @returns why not, one line each; none where all is well */
export function troubles(state: RunState | null, isEnding: boolean): readonly string[] {
  if (state === null) {
    return [isEnding ? "the run is ending" : "the capture is not open yet"];
  }
  const { source, stopped } = state;
  const outputs = source.outputs.flatMap(({ place }, i) => {
    const why = stopped[i] ?? null;
    return why === null ? [] : [`the output ${place ?? "for eyes"} takes nothing more: ${why}`];
  });
  return [...(isEnding ? ["the run is ending"] : []), ...outputs.map(oneLine)];
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
