// Reads the text form of metrics as strictly as its rules are (Prometheus, "Exposition formats", version
// 0.0.4), and throws at whatever breaks one. Written from the rules, not from the program.

export interface ReadFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

export interface ReadSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, { help: string; type: string; samples: ReadSample[] }>();
  const lines = text.slice(0, -1).split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s.exec(line);
    if (help !== null) {
      const [, name = "", words = ""] = help;
      if (families.has(name)) throw new Error(`${name} comes twice`);
      const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(
        lines[++i] ?? "",
      );
      if (type?.[1] !== name) throw new Error(`no TYPE behind the HELP of ${name}`);
      if (words === "") throw new Error(`${name} has an empty HELP`);
      families.set(name, { help: unescaped(words, false), type: type[2] ?? "", samples: [] });
      continue;
    }
    // A family's samples stand together, below its own two lines.
    const [name, family] = [...families].at(-1) ?? [];
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s.exec(line);
    if (family === undefined || sample?.[1] !== name) throw new Error(`out of place: ${line}`);
    const value = readNumber(sample?.[3] ?? "");
    if (family.type === "counter" && !(value >= 0)) throw new Error(`a counter below 0: ${line}`);
    family.samples.push({ labels: readLabels(sample?.[2] ?? ""), value });
  }
  for (const [name, { samples }] of families) {
    const keys = samples.map(({ labels }) => JSON.stringify(Object.entries(labels).sort()));
    if (new Set(keys).size !== keys.length) throw new Error(`${name} has two samples alike`);
    if (keys.length === 0) throw new Error(`${name} has no sample`);
  }
  return families;
}

/** The value of one sample, by some of its labels. */
export function sampleOf(
  families: ReadonlyMap<string, ReadFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | null {
  const found = families
    .get(name)
    ?.samples.filter((one) => Object.entries(labels).every(([key, v]) => one.labels[key] === v));
  return found?.length === 1 ? (found[0]?.value ?? null) : null;
}

function readLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const [whole, name = "", value = ""] =
      /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)/s.exec(rest) ?? [];
    if (whole === undefined || name.startsWith("__")) throw new Error(`not labels: ${rest}`);
    if (name in labels) throw new Error(`the label ${name} comes twice`);
    labels[name] = unescaped(value, true);
    rest = rest.slice(whole.length);
  }
  return labels;
}

function unescaped(text: string, isLabel: boolean): string {
  return text.replace(/\\(.?)/gs, (_, character: string) => {
    if (character === "n") return "\n";
    if (character === "\\" || (isLabel && character === '"')) return character;
    throw new Error(`no such escape: \\${character}`);
  });
}

/** What Go's ParseFloat takes and this program may write. */
function readNumber(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  if (text === "NaN") return Number.NaN;
  if (!/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(text)) throw new Error(`no number: ${text}`);
  return Number(text);
}
