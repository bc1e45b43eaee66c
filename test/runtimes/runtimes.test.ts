// Fifty containers of each real runtime that Debian has, long and short ones, followed live: each has its
// names in the records, as the runtime itself tells them, and its start and end. `npm run test:runtimes`.

import { afterAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import { join } from "node:path";
import { CriClient } from "../support/containers/cri-client.ts";
import { RunningSysflow } from "../support/program/sysflow.ts";
import { readSf, type SfRecord } from "../support/records/read-sf.ts";
import { settled } from "../support/truth/observe.ts";
import {
  docker,
  endAll,
  folder,
  image,
  podman,
  podmanLimits,
  runtimes,
  startContainerd,
  startDocker,
  startPodman,
} from "./setting.ts";

afterAll(endAll, 60_000);

const count = 50;
const timeoutMs = 10 * 60_000;
process.stdout.write(`  ${JSON.stringify(runtimes.versions)}\n`);

/** As its runtime says, beside what every container of a test has. */
interface Truth {
  readonly id: string;
  readonly name: string;
  readonly imageid: string;
}

/** Long ones and such as end at once. */
const argsOf = (number: number) => (number % 2 === 0 ? ["true"] : ["sleep", "1"]);

async function followed(socket: string, act: () => Promise<readonly Truth[]>) {
  const path = join(folder, `${socket.split("/").at(-1)}.sf`);
  const words = ["collect", "-w", path, "-G", "3600", "-c", "-m", "nofiles", "--json"];
  const running = new RunningSysflow([...words, "-p", socket]);
  await running.says("collecting with");
  const truths = await act();
  // The last ones sleep for a second.
  await Bun.sleep(3000);
  await settled(running);
  running.kill("SIGTERM");
  const { status, stdout, stderr } = await running.end();
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  const written = fs
    .readdirSync(folder)
    .find((name) => name.startsWith(`${path.split("/").at(-1)}.`));
  const records = readSf(join(folder, written ?? ""));
  const { containers } = JSON.parse(stdout) as { readonly containers: { readonly named: number } };
  return { truths, records, containers, stderr };
}

/** The last record of each, and how many there were before it. */
function boxOf(records: readonly SfRecord[], id: string) {
  const boxes = records.filter(
    ({ kind, rec }) => kind === "Container" && rec["id"] === id.slice(0, 12),
  );
  return { last: boxes.at(-1)?.rec, before: boxes.length - 1 };
}

/** Operations of the processes that were in the container. */
function opsIn(records: readonly SfRecord[], id: string): ReadonlySet<unknown> {
  const inside = records.filter(
    ({ kind, rec }) => kind === "Process" && rec["containerId"] === id.slice(0, 12),
  );
  const oids = new Set(inside.map(({ rec }) => JSON.stringify(rec["oid"], String)));
  const events = records.filter(
    ({ kind, rec }) => kind === "ProcessEvent" && oids.has(JSON.stringify(rec["procOID"], String)),
  );
  return new Set(events.map(({ rec }) => rec["opFlags"]));
}

const opExec = 2;
const opExit = 4;

function expectAll(
  { truths, records, containers }: Awaited<ReturnType<typeof followed>>,
  type: string,
  names: string,
): void {
  const found = truths.map(({ id }) => {
    const { name, imageid, image: its, type: ofType, privileged } = boxOf(records, id).last ?? {};
    const ops = opsIn(records, id);
    return {
      id,
      name,
      imageid,
      image: its,
      type: ofType,
      privileged,
      ops: [opExec, opExit].filter((op) => ops.has(op)),
    };
  });
  const wanted = { image: names, type, privileged: false, ops: [opExec, opExit] };
  expect(found).toEqual(truths.map((truth) => ({ ...truth, ...wanted })));
  const amended = truths.filter(({ id }) => boxOf(records, id).before > 0).length;
  process.stdout.write(
    `  ${type}: ${truths.length} right, ${amended} of them amended; ${JSON.stringify(containers)}\n`,
  );
  // The host may have others.
  expect(containers.named).toBeGreaterThanOrEqual(truths.length);
}

describe("fifty containers, one after another and side by side", () => {
  test(
    "of Docker",
    async () => {
      const socket = startDocker();
      const id = docker("image", "inspect", "--format", "{{.Id}}", image).replace("sha256:", "");
      const run = await followed(socket, async () => {
        const truths: Truth[] = [];
        for (let number = 0; number < count; number += 1) {
          const name = `docker-box-${number}`;
          const flags = ["--detach", "--network=none", `--name=${name}`];
          // By its name and by its id.
          const from = number % 5 === 0 ? id.slice(0, 12) : image;
          const more = number % 3 === 0 ? ["--rm"] : [];
          truths.push({
            id: docker("run", ...flags, ...more, from, ...argsOf(number)),
            name,
            imageid: id,
          });
        }
        return truths;
      });
      expectAll(run, "CT_DOCKER", image);
    },
    timeoutMs,
  );

  test(
    "of Podman",
    async () => {
      const socket = startPodman();
      const id = podman("image", "inspect", "--format", "{{.Id}}", image);
      const run = await followed(socket, async () => {
        const truths: Truth[] = [];
        for (let number = 0; number < count; number += 1) {
          const name = `podman-box-${number}`;
          const flags = ["--detach", "--network=none", `--name=${name}`, ...podmanLimits];
          const more = number % 3 === 0 ? ["--rm"] : [];
          truths.push({
            id: podman("run", ...flags, ...more, image, ...argsOf(number)),
            name,
            imageid: id,
          });
        }
        return truths;
      });
      expectAll(run, "CT_CUSTOM", image);
    },
    timeoutMs,
  );

  test(
    "of containerd by the CRI, with their pods",
    async () => {
      const socket = startContainerd();
      const client = new CriClient(socket);
      const id = podman("image", "inspect", "--format", "{{.Id}}", image);
      const run = await followed(socket, async () => {
        const made = [];
        for (let number = 0; number < count; number += 1) {
          made.push(await client.run(`pod-${number}`, `cri-box-${number}`, image, argsOf(number)));
        }
        await Bun.sleep(1500);
        for (const { sandbox } of made) {
          await client.remove(sandbox);
        }
        return made.map((one, number) => ({ id: one.id, name: `cri-box-${number}`, imageid: id }));
      });
      client.close();
      expectAll(run, "CT_CONTAINERD", image);
      run.truths.forEach((truth, number) => {
        const { last } = boxOf(run.records, truth.id);
        const pod = run.records.findLast(
          ({ kind, rec }) => kind === "Pod" && rec["id"] === last?.["podId"],
        );
        expect(pod?.rec).toMatchObject({
          id: `uid-of-pod-${number}`,
          name: `pod-${number}`,
          namespace: "shop",
        });
      });
    },
    timeoutMs,
  );
});
