// The sockets of several runtimes: listened to again after each end, ever more rarely while none lasts, and
// asked in an order.

import { afterEach, expect, test } from "bun:test";
import { type Announcements, LookupError, type Source } from "../../src/containers/answer.ts";
import { Runtimes } from "../../src/containers/runtimes.ts";
import { until } from "../support/containers/until.ts";

const id = "0123456789ab";
const heard: string[] = [];
const troubles: string[] = [];
let runtimes: Runtimes;
let places: string[] = [];

afterEach(() => {
  runtimes.close();
  heard.length = 0;
  troubles.length = 0;
});

function make(sources: readonly Source[]): void {
  places = sources.map(({ path }) => path);
  runtimes = new Runtimes(
    {
      hostRoot: "",
      findSockets: () => places.map((path) => ({ path, protocol: "docker", ownerUid: 0 })),
      open: ({ path }) => sources.find((source) => source.path === path) as Source,
      onTrouble: (message) => troubles.push(message),
    },
    {
      onReady: () => heard.push("ready"),
      onChanged: ({ path }, one) => heard.push(`${path} changed ${one}`),
      onEnded: ({ path }, one) => heard.push(`${path} ended ${one}`),
    },
  );
  runtimes.rescan();
}

function source(path: string, change: Partial<Source> = {}): Source {
  const idle = {
    ask: async () => null,
    follow: () => new Promise<void>(() => {}),
    close: () => {},
  };
  return { path, ownerUid: 0, ...idle, ...change };
}

test("what a socket tells comes with the socket", () => {
  let told: Announcements | undefined;
  const follow = (announcements: Announcements) => {
    told = announcements;
    return new Promise<void>(() => {});
  };
  make([source("a", { follow })]);
  told?.onChanged("x");
  told?.onEnded("y");
  told?.onReady();
  expect(heard).toEqual(["ready", "a changed x", "a ended y", "ready"]);
});

test("a stream that ends begins again, ever later while none lasts", async () => {
  const begins: number[] = [];
  const follow = async () => {
    begins.push(performance.now());
    throw new LookupError("it broke", { reason: "badAnswer" });
  };
  make([source("a", { follow })]);
  await until(() => begins.length === 3);
  const [first = 0, second = 0, third = 0] = begins;
  // A second and two, each half as much more or less.
  expect(second - first).toBeWithin(480, 1700);
  expect(third - second).toBeWithin(980, 3300);
  expect(troubles).toEqual(["it broke"]);
}, 10_000);

test("nothing is begun again once it is closed", async () => {
  let begins = 0;
  const follow = async () => {
    begins += 1;
  };
  make([source("a", { follow })]);
  await Bun.sleep(10);
  runtimes.close();
  await Bun.sleep(1800);
  expect([begins, runtimes.size]).toEqual([1, 0]);
});

test("trouble is told again after the socket was well", async () => {
  let fails = true;
  const ask = async () => {
    if (fails) {
      throw new LookupError("it broke", { reason: "refused" });
    }
    return null;
  };
  make([source("a", { ask })]);
  await runtimes.ask(id);
  await runtimes.ask(id);
  fails = false;
  expect(await runtimes.ask(id)).toEqual({ cause: "notFound" });
  fails = true;
  expect(await runtimes.ask(id)).toEqual({ cause: "refused" });
  expect(troubles).toEqual(["it broke", "it broke"]);
});

test("one that was slow and then answered is as good as new", async () => {
  let isSlow = true;
  const ask = async () => {
    if (isSlow) {
      throw new LookupError("slow", { reason: "timedOut" });
    }
    return null;
  };
  make([source("a", { ask })]);
  // A second, then two.
  for (const restMs of [1000, 2000]) {
    expect(await runtimes.ask(id)).toEqual({ cause: "timedOut" });
    await Bun.sleep(restMs - 100);
    const { questions } = runtimes;
    await runtimes.ask(id);
    expect(runtimes.questions).toBe(questions);
    await Bun.sleep(150);
  }
  isSlow = false;
  expect(await runtimes.ask(id)).toEqual({ cause: "notFound" });
  isSlow = true;
  await runtimes.ask(id);
  await Bun.sleep(1050);
  const { questions } = runtimes;
  await runtimes.ask(id);
  expect(runtimes.questions).toBe(questions + 1);
}, 10_000);

test.each([
  [["notFound", "refused"], "refused"],
  [["refused", "timedOut"], "timedOut"],
  [["badAnswer", "timedOut"], "badAnswer"],
  [["notFound", "notFound"], "notFound"],
] as const)("of %j the cause is %s", async (reasons, cause) => {
  const failing = reasons.map((reason, number) =>
    source(String(number), {
      ask: () => Promise.reject(new LookupError(reason, { reason })),
    }),
  );
  make(failing);
  expect(await runtimes.ask(id)).toEqual({ cause });
  make([...failing].reverse());
  expect(await runtimes.ask(id)).toEqual({ cause });
});
