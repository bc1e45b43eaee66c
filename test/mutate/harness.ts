// Takes the place of `bun:test` in a mutation run: it collects the tests of a file, so that each can be
// run by itself, in any order and as often as there are mutants. It has what tests here use, no more.

import { expect, jest, mock, spyOn } from "bun:test";

export { expect, jest, mock, spyOn };

type Hook = () => unknown;
// biome-ignore lint/suspicious/noExplicitAny: a test of a table takes what its rows hold
type Body = (...args: any[]) => unknown;

interface Scope {
  readonly parent: Scope | null;
  readonly isSkipped: boolean;
  readonly beforeAll: Hook[];
  readonly afterAll: Hook[];
  readonly beforeEach: Hook[];
  readonly afterEach: Hook[];
}

export interface TestCase {
  readonly file: string;
  readonly name: string;
  readonly scope: Scope;
  readonly body: Hook;
}

let scope = newScope(null, false);
let file = "";
let found: TestCase[] = [];
const endings: Hook[] = [];

function newScope(parent: Scope | null, isSkipped: boolean): Scope {
  return { parent, isSkipped, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] };
}

/** Runs a file, and with it all its `describe`. @param load imports it */
export async function testsOf(name: string, load: () => Promise<unknown>): Promise<TestCase[]> {
  file = name;
  found = [];
  scope = newScope(null, false);
  await load();
  return found;
}

/**
 * One test with its hooks, as if it were alone: what a scope prepares is prepared for it anew. Where a
 * scope prepares nothing, what it cleans up was made when the file was loaded: that waits for runEndings().
 */
export async function runTest(test: TestCase): Promise<void> {
  const scopes = scopesOf(test.scope);
  try {
    for (const hook of scopes.flatMap((one) => [...one.beforeAll, ...one.beforeEach])) {
      await hook();
    }
    const result = test.body();
    // A test without a promise is not made to wait: that would let others' work in between.
    if (result instanceof Promise) {
      await result;
    }
  } finally {
    const inner = [...scopes].reverse();
    for (const hook of inner.flatMap((one) => [...one.afterEach, ...hooksAfterAll(one)])) {
      await hook();
    }
  }
}

/** Once each. */
export async function runEndings(): Promise<void> {
  for (const hook of endings.splice(0)) {
    await hook();
  }
}

function hooksAfterAll(one: Scope): readonly Hook[] {
  return one.beforeAll.length > 0 ? one.afterAll : [];
}

/** The outermost first. */
function scopesOf(innermost: Scope): readonly Scope[] {
  const { parent } = innermost;
  return parent === null ? [innermost] : [...scopesOf(parent), innermost];
}

function define(isSkipped: boolean) {
  return (name: string, body: Hook) => {
    if (!(isSkipped || scope.isSkipped)) {
      found.push({ file, name, scope, body });
    }
  };
}

function group(isSkipped: boolean) {
  return (_name: string, body: Hook) => {
    const outer = scope;
    scope = newScope(outer, outer.isSkipped || isSkipped);
    body();
    for (const hook of scope.beforeAll.length > 0 ? [] : scope.afterAll) {
      endings.push(hook);
    }
    scope = outer;
  };
}

type Define = (name: string, body: Hook) => void;

/** `.each`, as `bun:test` has it: a row that is a list becomes several arguments. */
function each(one: Define) {
  return (rows: readonly unknown[]) => (name: string, body: Body) => {
    for (const [at, row] of [...rows].entries()) {
      one(`${name} (row ${at + 1})`, () => (Array.isArray(row) ? body(...row) : body(row)));
    }
  };
}

function withTables(make: (isSkipped: boolean) => Define) {
  const build = (isSkipped: boolean) =>
    Object.assign(make(isSkipped), { each: each(make(isSkipped)) });
  return Object.assign(build(false), {
    skipIf: (isSkipped: boolean) => build(isSkipped),
    if: (isWanted: boolean) => build(!isWanted),
  });
}

export const test = withTables(define);
export const describe = withTables(group);

export function beforeAll(hook: Hook): void {
  scope.beforeAll.push(hook);
}

export function afterAll(hook: Hook): void {
  const isOfFile = scope.parent === null && scope.beforeAll.length === 0;
  (isOfFile ? endings : scope.afterAll).push(hook);
}

export function beforeEach(hook: Hook): void {
  scope.beforeEach.push(hook);
}

export function afterEach(hook: Hook): void {
  scope.afterEach.push(hook);
}

/** A mutation run has its own limits. */
export function setDefaultTimeout(_ms: number): void {
  return;
}
