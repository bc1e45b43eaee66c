// What is known of containers while runtimes come, go, are slow and tell lies: sources here are models of
// a runtime whose every answer the test gives.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Announcements,
  type Answer,
  LookupError,
  type PodFacts,
  type Source,
} from "../../src/containers/answer.ts";
import { ContainerDirectory } from "../../src/containers/container-directory.ts";
import { containerType } from "../../src/sysflow/values.ts";
import { containerId } from "../support/containers/docker-server.ts";
import { until } from "../support/containers/until.ts";

class ModelSource implements Source {
  readonly path: string;
  readonly ownerUid: number;
  readonly asked: string[] = [];
  /** Of those under way. */
  open = 0;
  mostOpen = 0;
  isClosed = false;
  announcements: Announcements | null = null;
  answer: (id: string) => Promise<Answer | null>;
  #end: () => void = () => {};

  constructor(path: string, ownerUid = 0) {
    this.path = path;
    this.ownerUid = ownerUid;
    this.answer = () => Promise.resolve(null);
  }

  async ask(id: string): Promise<Answer | null> {
    this.asked.push(id);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    try {
      return await this.answer(id);
    } finally {
      this.open -= 1;
    }
  }

  follow(announcements: Announcements): Promise<void> {
    this.announcements = announcements;
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  close(): void {
    this.isClosed = true;
    this.#end();
  }
}

const full = containerId(7);
const id = full.slice(0, 12);

function answer(name: string, pod: PodFacts | null = null, pid: number | null = null): Answer {
  const image = { image: "busy:1.0", imageid: "b2" };
  const facts = { name, ...image, type: containerType.CT_DOCKER, privileged: false };
  return { id: full, facts, pod, pid };
}

let hostRoot: string;
let sources: ModelSource[];
let troubles: string[];
let directory: ContainerDirectory;

beforeEach(() => {
  hostRoot = fs.mkdtempSync(join(tmpdir(), "sysflow-directory-"));
  sources = [new ModelSource("root.sock")];
  troubles = [];
  directory = make();
});
afterEach(() => {
  directory.close();
  fs.rmSync(hostRoot, { recursive: true });
});

function make(containers = 100): ContainerDirectory {
  return new ContainerDirectory(
    {
      hostRoot,
      findSockets: () =>
        sources.map(({ path, ownerUid }) => ({ path, ownerUid, protocol: "docker" as const })),
      open: (place) => sources.find(({ path }) => path === place.path) as Source,
      onTrouble: (message) => troubles.push(message),
    },
    { containers, questionsAtOnce: 4 },
  );
}

function first(): ModelSource {
  return sources[0] as ModelSource;
}

const unknown = () =>
  Object.fromEntries(Object.entries(directory.stats().unknown).filter(([, count]) => count > 0));

describe("a container that is found", () => {
  test("is told of at the second look, and once", async () => {
    first().answer = async () => answer("web");
    directory.start();
    expect(directory.find(id)).toBeNull();
    expect(unknown()).toEqual({ unanswered: 1 });
    await directory.settled(1000);
    expect(directory.takeChanged()).toEqual([id]);
    expect(directory.takeChanged()).toEqual([]);
    expect(directory.find(id)).toBe(directory.find(id));
    expect(directory.find(id)?.name).toBe("web");
    expect(first().asked).toEqual([id]);
    expect([directory.stats().named, unknown()]).toEqual([1, {}]);
  });

  test("is there at the first look where it was announced", async () => {
    first().answer = async () => answer("web");
    directory.start();
    first().announcements?.onChanged(full);
    await until(() => first().asked.length === 1);
    await directory.settled(1000);
    expect(directory.takeChanged()).toEqual([]);
    expect(directory.stats().named).toBe(0);
    expect(directory.find(id)?.name).toBe("web");
    expect(directory.stats().named).toBe(1);
  });

  test("changes when it is announced again, if anything of it did", async () => {
    first().answer = async () => answer("web");
    directory.start();
    directory.find(id);
    await directory.settled(1000);
    directory.takeChanged();
    first().announcements?.onChanged(full);
    await directory.settled(1000);
    expect(directory.takeChanged()).toEqual([]);
    first().answer = async () => answer("renamed");
    first().announcements?.onChanged(full);
    await directory.settled(1000);
    expect(directory.takeChanged()).toEqual([id]);
    expect(directory.find(id)?.name).toBe("renamed");
    first().answer = () => Promise.reject(new LookupError("gone", { reason: "timedOut" }));
    first().announcements?.onChanged(full);
    await directory.settled(1000);
    expect(directory.find(id)?.name).toBe("renamed");
    expect([directory.stats().named, unknown()]).toEqual([1, {}]);
  });

  test("is asked for once more where it changed while it was asked for", async () => {
    const answers: ((answer: Answer) => void)[] = [];
    first().answer = () => new Promise((resolve) => answers.push(resolve));
    directory.start();
    directory.find(id);
    first().announcements?.onChanged(full);
    answers[0]?.(answer("old"));
    await until(() => answers.length === 2);
    answers[1]?.(answer("new"));
    await directory.settled(1000);
    expect(directory.find(id)?.name).toBe("new");
  });

  test("is asked for again while it is not there yet", async () => {
    first().answer = async () => (first().asked.length < 3 ? null : answer("web"));
    directory.start();
    directory.find(id);
    await directory.settled(1000);
    expect(unknown()).toEqual({ notFound: 1 });
    await until(() => directory.takeChanged().length === 1);
    expect(first().asked).toHaveLength(3);
    expect(unknown()).toEqual({});
  });
});

describe("a container that is not known", () => {
  test("has no socket to be asked at, until there is one", async () => {
    sources = [];
    directory.start();
    directory.find(id);
    await directory.settled(1000);
    expect(unknown()).toEqual({ noSocket: 1 });
    sources = [new ModelSource("late.sock")];
    first().answer = async () => answer("web");
    await until(() => directory.takeChanged().length === 1);
    expect([directory.stats().sockets, directory.stats().named, unknown()]).toEqual([1, 1, {}]);
  }, 10_000);

  test.each(["web", "3AD7B26DED6D", "0123456789abc", "../../events", "0123456789a?"])(
    "has an id that no runtime is asked for: %s",
    async (name) => {
      directory.start();
      expect(directory.find(name)).toBeNull();
      await directory.settled(1000);
      expect(unknown()).toEqual({ foreignId: 1 });
      expect(first().asked).toEqual([]);
    },
  );

  test.each(["refused", "timedOut", "badAnswer"] as const)(
    "is %s, which is said once",
    async (why) => {
      first().answer = () => Promise.reject(new LookupError(`it was ${why}`, { reason: why }));
      directory.start();
      directory.find(id);
      directory.find("000000000001");
      await until(() => (unknown()[why] ?? 0) === 2);
      expect(unknown()).toEqual({ [why]: 2 });
      expect(troubles).toEqual([`it was ${why}`]);
    },
  );

  test("makes nothing of what a library throws", async () => {
    first().answer = () => Promise.reject(new TypeError("undefined is not an object"));
    directory.start();
    directory.find(id);
    await directory.settled(1000);
    expect(unknown()).toEqual({ badAnswer: 1 });
  });
});

describe("of several sockets", () => {
  test("the first that knows it counts, and one that hangs holds up nothing", async () => {
    sources = [
      new ModelSource("hangs.sock"),
      new ModelSource("fails.sock"),
      new ModelSource("ok.sock"),
    ];
    const [hangs, fails, ok] = sources as [ModelSource, ModelSource, ModelSource];
    hangs.answer = () => new Promise(() => {});
    fails.answer = () => Promise.reject(new LookupError("no", { reason: "refused" }));
    ok.answer = async () => answer("web");
    directory.start();
    directory.find(id);
    await until(() => directory.takeChanged().length === 1);
    expect(directory.find(id)?.name).toBe("web");
  });

  test("one that does not answer in time is left alone for a second", async () => {
    first().answer = () => Promise.reject(new LookupError("slow", { reason: "timedOut" }));
    directory.start();
    directory.find(id);
    await directory.settled(1000);
    for (let other = 0; other < 20; other += 1) {
      directory.find(containerId(other + 100).slice(0, 12));
    }
    await directory.settled(1000);
    expect(unknown()).toEqual({ timedOut: 21 });
    expect(first().asked).toEqual([id]);
    first().answer = async () => answer("web");
    await until(() => directory.takeChanged().includes(id));
  });

  test("a socket that has gone is closed", async () => {
    directory.start();
    const [gone] = sources as [ModelSource];
    sources = [new ModelSource("other.sock")];
    await until(() => gone.isClosed);
    expect(directory.stats().sockets).toBe(1);
  }, 10_000);
});

describe("a user's own socket", () => {
  const pid = 55;
  const cgroup = `0::/user.slice/user@1000.service/libpod-${full}.scope\n`;

  beforeEach(() => {
    sources = [new ModelSource("user.sock", 1000)];
    fs.mkdirSync(join(hostRoot, `proc/${pid}`), { recursive: true });
    fs.writeFileSync(join(hostRoot, `proc/${pid}/cgroup`), cgroup);
  });

  const mapTo = (uid: number) =>
    fs.writeFileSync(join(hostRoot, `proc/${pid}/uid_map`), `0 ${uid} 1\n1 100000 65536\n`);

  test("is believed of the user's containers", async () => {
    mapTo(1000);
    first().answer = async () => answer("web", null, pid);
    directory.start();
    directory.find(id);
    await until(() => directory.takeChanged().length === 1);
  });

  test.each([
    ["another user's", 1001, pid],
    ["root's", 0, pid],
    ["one without a process", 1000, null],
    ["one whose process has ended", 1000, 56],
  ])("is not believed of %s", async (_, uid, told) => {
    mapTo(uid);
    first().answer = async () => answer("lie", null, told);
    directory.start();
    directory.find(id);
    await directory.settled(1000);
    expect(directory.find(id)).toBeNull();
    expect(unknown()).toEqual({ notOwner: 1 });
  });

  test("is asked where root's do not know it, and tells of nothing unasked", async () => {
    mapTo(1000);
    sources = [new ModelSource("root.sock"), ...sources];
    const [root, user] = sources as [ModelSource, ModelSource];
    root.answer = async () => answer("web");
    user.answer = async () => answer("lie", null, pid);
    directory.start();
    for (let number = 0; number < 50; number += 1) {
      user.announcements?.onChanged(containerId(number + 100));
    }
    directory.find(id);
    await directory.settled(1000);
    user.announcements?.onChanged(full);
    user.announcements?.onEnded(full);
    await directory.settled(1000);
    expect(directory.find(id)?.name).toBe("web");
    expect([root.asked, user.asked]).toEqual([[id], []]);
    expect(directory.stats().kept).toBe(1);
  });
});

describe("bounds", () => {
  test("ten thousand containers: no more are kept and asked for at once than may be", async () => {
    directory = make(1000);
    first().answer = async (asked) => {
      await Bun.sleep(0);
      return { ...answer(asked), id: asked.padEnd(64, "e") };
    };
    directory.start();
    let changed = 0;
    for (let number = 0; number < 10_000; number += 1) {
      directory.find(containerId(number).slice(0, 12));
      first().announcements?.onChanged(containerId(number + 20_000));
      if (number % 50 === 0) {
        await directory.settled(1000);
        changed += directory.takeChanged().length;
      }
    }
    await directory.settled(5000);
    changed += directory.takeChanged().length;
    const { kept, named, questions } = directory.stats();
    expect(kept).toBe(1000);
    expect(first().mostOpen).toBe(4);
    expect(named + Object.values(unknown()).reduce((sum, count) => sum + count, 0)).toBe(10_000);
    expect(changed).toBeLessThanOrEqual(named);
    expect(named).toBeGreaterThan(9000);
    expect(questions).toBe(first().asked.length);
  }, 30_000);

  test("what is pushed out unanswered is counted", async () => {
    directory = make(10);
    first().answer = () => new Promise(() => {});
    directory.start();
    for (let number = 0; number < 30; number += 1) {
      directory.find(containerId(number).slice(0, 12));
    }
    expect(unknown()).toEqual({ forgotten: 20, unanswered: 10 });
    expect(directory.stats().kept).toBe(10);
    expect(first().open).toBe(4);
  });

  test("a container that is nowhere is asked for a few times", async () => {
    directory.start();
    directory.find(id);
    await Bun.sleep(2500);
    expect(first().asked.length).toBeLessThanOrEqual(4);
    expect(unknown()).toEqual({ notFound: 1 });
  });
});

describe("pods", () => {
  const pod = (labels: Record<string, string>): PodFacts => ({
    ...{ id: "uid-1", name: "web-1", nodeName: "", namespace: "shop", restartCount: 0 },
    ...{ hostIP: [], internalIP: [1n], selectors: new Map(), services: [] },
    labels: new Map(Object.entries(labels)),
  });

  test("of two containers are one object, until something changes", async () => {
    const other = containerId(8).slice(0, 12);
    first().answer = async () => answer("web", pod({ app: "web" }));
    directory.start();
    directory.pods.find(id);
    directory.pods.find(other);
    await directory.settled(1000);
    expect([...directory.pods.takeChanged()].sort()).toEqual([id, other]);
    expect(directory.pods.find(id)).toBe(directory.pods.find(other));
    first().answer = async () => answer("web", pod({ app: "new" }));
    first().announcements?.onChanged(full);
    await directory.settled(1000);
    expect(directory.pods.takeChanged()).toEqual([id]);
    expect(directory.pods.find(id)?.labels.get("app")).toBe("new");
    expect(directory.pods.takeEvents()).toEqual([]);
  });
});

test("more pods than a node may have are not all kept", async () => {
  directory = make(5000);
  const numbered = (number: number): PodFacts => ({
    ...{ id: `uid-${number}`, name: "web", nodeName: "", namespace: "shop", restartCount: 0 },
    ...{ hostIP: [], internalIP: [], labels: new Map(), selectors: new Map(), services: [] },
  });
  const idOf = (number: number) => containerId(number).slice(0, 12);
  first().answer = async (asked) => answer("web", numbered(Number.parseInt(asked, 16) % 3000));
  directory.start();
  for (let number = 0; number < 2049; number += 1) {
    directory.pods.find(idOf(number));
  }
  await directory.settled(5000);
  for (const number of [1, 0]) {
    directory.pods.find(idOf(3000 + number));
  }
  await directory.settled(1000);
  const isShared = (number: number) =>
    directory.pods.find(idOf(number)) === directory.pods.find(idOf(3000 + number));
  // The first one has made room for the last.
  expect([isShared(1), isShared(0)]).toEqual([true, false]);
});

test("the end of what is not known changes nothing", () => {
  directory.start();
  first().announcements?.onEnded(full);
  expect(directory.stats().kept).toBe(0);
});

test("closed before it is started, and twice, it does nothing", async () => {
  directory.close();
  directory.close();
  directory = make();
  directory.start();
  directory.find(id);
  directory.close();
  await directory.settled(1000);
  expect(first().isClosed).toBe(true);
  first().announcements?.onReady();
  expect(first().asked).toEqual([id]);
});
