// The history: each commit says in one line where it changes what, and below it why. Of those since the
// rule has a test; skipped where git or that history is not there, as in a copy without it.

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { ROOT } from "./support/tidy/sources.ts";

/** The last that nobody looked at. */
const SINCE = "718808c5";
const SUBJECT_MAX = 72;
const SUBJECT = /^[A-Za-z0-9][\w./-]*(?:, [A-Za-z0-9][\w./-]*)*: \S.*[^.\s]$/;

interface Commit {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
}

function git(...args: string[]): string | null {
  const { status, stdout } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout : null;
}

/** Null where the history is not there. */
function commits(): readonly Commit[] | null {
  if (git("merge-base", "--is-ancestor", SINCE, "HEAD") === null) return null;
  const text = git("log", "--no-merges", "--format=%h%x00%s%x00%b%x01", `${SINCE}..HEAD`) ?? "";
  const rows = text.split("\x01").filter((row) => row.trim() !== "");
  return rows.map((row) => {
    const [id = "", subject = "", body = ""] = row.trim().split("\0");
    return { id, subject, body: body.trim() };
  });
}

/** What is wrong with a commit's text; null for nothing. */
function faultOf({ subject, body }: Omit<Commit, "id">): string | null {
  if (subject.length > SUBJECT_MAX) return `${subject.length} columns`;
  if (!SUBJECT.test(subject)) return "no `area: what changes`";
  return body === "" ? "no body" : null;
}

describe("a commit's text", () => {
  test.each([
    ["native, test: say why", "Because.", null],
    ["README: rooms", "They are new.", null],
    ["collect/flows: end at rotation", "So.", null],
    ["collect: end", "", "no body"],
    ["end file flows", "So.", "no `area: what changes`"],
    ["collect:end", "So.", "no `area: what changes`"],
    ["collect: a full stop.", "So.", "no `area: what changes`"],
    [`collect: ${"x".repeat(64)}`, "So.", "73 columns"],
  ])("%j", (subject, body, fault) => {
    expect(faultOf({ subject, body })).toBe(fault);
  });

  const known = commits();
  test.skipIf(known === null)("is right in each (skipped without the history)", () => {
    const faults = known?.map((commit) => [commit.id, commit.subject, faultOf(commit)] as const);
    expect(faults?.filter(([, , fault]) => fault !== null)).toEqual([]);
  });
});
