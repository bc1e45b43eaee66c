// Live sessions in one process, as a program that uses the library has them: one at a time.

import { expect, test } from "bun:test";
import { Log } from "../../src/base/log.ts";
import { Session } from "../../src/run/session.ts";
import { StopFlag } from "../../src/run/stop-flag.ts";
import { whyNotLive } from "../support/program/sysflow.ts";

const obstacle = process.getuid?.() === 0 ? whyNotLive() : "only root can open an engine";
const timeoutMs = 120_000;
const drainMs = 1000;

function live(): { readonly session: Session; readonly flag: StopFlag } {
  const flag = new StopFlag();
  const session = new Session({
    settings: {
      read: null,
      engine: "modern_ebpf",
      durationSec: 1,
      allowOwnPidNamespace: true,
      warnings: [],
    },
    open: { syscalls: ["openat"] },
    log: new Log({ write: () => {} }),
    flag,
  });
  return { session, flag };
}

/** @returns how many batches came */
async function runOne(session: Session): Promise<number> {
  let batches = 0;
  const handle = () => {
    batches += 1;
  };
  expect(await session.open()).toBe(true);
  session.watch({ unexpressed: null, sayStats: null });
  await session.run({ handle });
  await session.takeLast({ handle }, drainMs);
  return batches;
}

test.skipIf(obstacle !== null)(
  `a process has one live capture, and then another (skipped where: ${obstacle})`,
  async () => {
    const first = live();
    expect(await runOne(first.session)).toBeGreaterThan(0);
    expect(first.flag.reason).toBe("duration");
    const second = live();
    const refused = second.session.open();
    await expect(refused).rejects.toMatchObject({ code: "LIVE_CAPTURE_TAKEN" });
    second.session.close();
    first.session.close();
    expect(await runOne(second.session)).toBeGreaterThan(0);
    second.session.close();
  },
  timeoutMs,
);
