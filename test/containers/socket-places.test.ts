// Which sockets are taken for runtimes', and whom they are believed of.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import fs from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findSockets, givenSocket } from "../../src/containers/socket-places.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "sysflow-places-"));
let root: string;
let count = 0;
const servers: net.Server[] = [];
beforeEach(() => {
  count += 1;
  root = join(folder, String(count));
  fs.mkdirSync(root);
});
afterAll(() => {
  for (const server of servers) {
    server.close();
  }
  fs.rmSync(folder, { recursive: true });
});

async function listen(place: string, uid = 0): Promise<void> {
  const path = join(root, place);
  fs.mkdirSync(dirname(path), { recursive: true });
  const server = net.createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  fs.chownSync(path, uid, uid);
}

const found = () =>
  findSockets(root).map(({ path, ...place }) => ({ path: path.slice(root.length + 1), ...place }));

describe("sockets below the host's root", () => {
  test("are none where there is no runtime", () => {
    expect(found()).toEqual([]);
  });

  test.each([
    ["run/docker.sock", "docker"],
    ["run/podman/podman.sock", "docker"],
    ["run/containerd/containerd.sock", "cri"],
    ["run/crio/crio.sock", "cri"],
    ["run/k3s/containerd/containerd.sock", "cri"],
    ["run/k0s/containerd.sock", "cri"],
    ["var/snap/microk8s/common/run/containerd.sock", "cri"],
  ])("are %s", async (path, protocol) => {
    await listen(path);
    expect(found()).toEqual([{ path, protocol, ownerUid: 0 } as ReturnType<typeof found>[0]]);
  });

  test("may be users' own", async () => {
    await listen("run/docker.sock");
    await listen("run/user/1000/podman/podman.sock", 1000);
    await listen("run/user/1001/docker.sock", 1001);
    expect(found().map(({ path, ownerUid }) => [path, ownerUid])).toEqual([
      ["run/docker.sock", 0],
      ["run/user/1000/podman/podman.sock", 1000],
      ["run/user/1001/docker.sock", 1001],
    ]);
  });

  test("are sockets, in their user's own hands", async () => {
    await listen("run/user/1000/docker.sock", 1001);
    await listen("run/user/name/docker.sock", 1000);
    await listen("run/user/0/docker.sock", 0);
    await listen("elsewhere.sock", 1002);
    fs.mkdirSync(join(root, "run/user/1002"));
    fs.symlinkSync(join(root, "elsewhere.sock"), join(root, "run/user/1002/docker.sock"));
    fs.symlinkSync(join(root, "elsewhere.sock"), join(root, "run/docker.sock"));
    fs.mkdirSync(join(root, "run/crio"));
    fs.writeFileSync(join(root, "run/crio/crio.sock"), "");
    expect(found()).toEqual([]);
  });

  test("count once by whichever name", async () => {
    await listen("run/podman/podman.sock");
    fs.linkSync(join(root, "run/podman/podman.sock"), join(root, "run/docker.sock"));
    expect(found().map(({ path }) => path)).toEqual(["run/docker.sock"]);
  });

  test("of users are looked at up to a number", async () => {
    await listen("run/crio/crio.sock");
    for (let uid = 1000; uid < 1040; uid += 1) {
      await listen(`run/user/${uid}/docker.sock`, uid);
    }
    expect(found()).toHaveLength(33);
  });
});

test.each([
  ["/run/docker.sock", "docker"],
  ["/mnt/podman/podman.sock", "docker"],
  ["/run/docker/containerd/containerd.sock", "cri"],
  ["/x/crio.sock", "cri"],
])("a socket that is named is spoken to by its name: %s", (path, protocol) => {
  expect(givenSocket(path)).toEqual({ path, protocol, ownerUid: 0 } as ReturnType<
    typeof givenSocket
  >);
});
