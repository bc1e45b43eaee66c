// The text form of metrics that Prometheus scrapes, version 0.0.4: families of samples, each with its
// HELP and TYPE. Label values may be anything, such as paths that others have chosen.

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

export interface Family {
  /** Letters, digits and `_`; a counter's ends in `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** No two have the same labels. A family without any is left out. */
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export function expositionText(families: readonly Family[]): string {
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ help, name, samples, type }) => [
      `# HELP ${name} ${escapeText(help)}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${numberText(value)}`),
    ]);
  return `${lines.join("\n")}\n`;
}

function labelsText(labels: Sample["labels"]): string {
  const pairs = Object.entries(labels ?? {}).map(
    ([name, value]) => `${name}="${escapeText(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** As Go has it, in which Prometheus is written. */
function numberText(value: number): string {
  return String(value).replace(/^(-?)Infinity$/, (_, sign: string) => `${sign || "+"}Inf`);
}
