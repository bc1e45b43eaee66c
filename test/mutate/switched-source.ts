// A source file with all its mutants in it at once, each behind a question: `__is(7)`. Which of them is
// on is decided at run time, so that one process tries many. Nothing of this is written to src/.

import type { Site } from "./mutations.ts";

/** Where the questions are answered (see switches.ts): one line, so that no line moves. */
const head = "const { is: __is, tick: __tick } = globalThis.__switches; ";

/**
 * @param sites as sitesIn() gives them
 * @param numberOf of a site's change; null leaves that mutant out
 */
export function switchedSource(
  text: string,
  sites: readonly Site[],
  loops: readonly number[],
  numberOf: (site: number, change: number) => number | null,
): string {
  const asked = sites.map((site, at) => ({
    site,
    // A body's site also says where its loop begins: it is kept in the order of sites.
    questions: site.changes.flatMap((became, change) => {
      const number = numberOf(at, change);
      return number === null ? [] : [{ became, number }];
    }),
  }));
  let next = 0;
  const render = (from: number, to: number): string => {
    let rendered = "";
    let at = from;
    while (next < asked.length && (asked[next]?.site.start ?? to) < to) {
      const { site, questions } = asked[next] as (typeof asked)[number];
      next++;
      rendered += withTicks(at, site.start);
      at = site.end;
      rendered += wrapped(site, questions, inside(site));
    }
    return rendered + withTicks(at, to);
  };
  /** What stands there, with the mutants of its parts. Of a block, without its braces. */
  const inside = (site: Site): string => {
    const isBlock = text[site.start] === "{" && site.form !== "value";
    return isBlock ? render(site.start + 1, site.end - 1) : render(site.start, site.end);
  };
  const withTicks = (from: number, to: number): string => {
    let ticked = "";
    let at = from;
    for (const loop of loops.filter((each) => each >= from && each < to)) {
      ticked += `${text.slice(at, loop)}__tick();`;
      at = loop;
    }
    return ticked + text.slice(at, to);
  };
  return head + render(0, text.length);
}

interface Question {
  readonly became: string;
  readonly number: number;
}

function wrapped(site: Site, questions: readonly Question[], inner: string): string {
  const isOn = questions.map((one) => `__is(${one.number})`).join(" || ");
  switch (site.form) {
    case "value": {
      const others = questions.map((one) => `__is(${one.number}) ? (${one.became}) : `);
      return `(${others.join("")}(${inner}))`;
    }
    case "statement":
      return isOn === "" ? `{${inner}}` : `{if (${isOn}) {} else {${inner}}}`;
    case "body":
      return isOn === "" ? `{${inner}}` : `{if (${isOn}) {return;} ${inner}}`;
    default:
      return site.form satisfies never;
  }
}
