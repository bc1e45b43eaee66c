// Where runtimes have their sockets. They are looked for again and again, since a runtime may start after
// us. Below HOST_ROOT the same places count; only `/run` is named, since `/var/run` is a link that would
// lead out of it.

import { lstatSync, readdirSync, statSync } from "node:fs";

/** How it is spoken to. */
export type Protocol = "docker" | "cri";

export interface SocketPlace {
  readonly path: string;
  readonly protocol: Protocol;
  readonly ownerUid: number;
}

const systemPlaces: readonly (readonly [path: string, protocol: Protocol])[] = [
  ["run/docker.sock", "docker"],
  ["run/podman/podman.sock", "docker"],
  ["run/containerd/containerd.sock", "cri"],
  ["run/crio/crio.sock", "cri"],
  ["run/k3s/containerd/containerd.sock", "cri"],
  ["run/k0s/containerd.sock", "cri"],
  ["var/snap/microk8s/common/run/containerd.sock", "cri"],
];
/** Below `/run/user/UID`. */
const userPlaces = ["podman/podman.sock", "docker.sock"];

/** Whoever has a login may make one. */
const userSocketsMax = 32;

/** @param hostRoot where the host's file system is mounted; empty: it is ours */
export function findSockets(hostRoot: string): readonly SocketPlace[] {
  const found: SocketPlace[] = [];
  const seen = new Set<string>();
  const add = (path: string, protocol: Protocol, mayBeLink: boolean, owner: number | null) => {
    const stats = statOf(path, mayBeLink);
    if (!stats?.isSocket() || (owner !== null && stats.uid !== owner)) {
      return;
    }
    const inode = `${stats.dev}:${stats.ino}`;
    if (!seen.has(inode)) {
      seen.add(inode);
      // What root has put into its own folder is believed, whoever owns it.
      found.push({ path, protocol, ownerUid: owner ?? 0 });
    }
  };
  for (const [path, protocol] of systemPlaces) {
    add(`${hostRoot}/${path}`, protocol, hostRoot === "", null);
  }
  const users = `${hostRoot}/run/user`;
  const systemCount = found.length;
  for (const name of namesIn(users)) {
    const uid = /^[1-9]\d{0,9}$/.test(name) ? Number(name) : null;
    for (const place of uid === null ? [] : userPlaces) {
      if (found.length - systemCount < userSocketsMax) {
        // A link of a user's could lead to a socket that is no runtime's.
        add(`${users}/${name}/${place}`, "docker", false, uid);
      }
    }
  }
  return found;
}

/** A socket that the operator has named: believed, and spoken to as its name says. */
export function givenSocket(path: string): SocketPlace {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { path, protocol: /docker|podman/.test(name) ? "docker" : "cri", ownerUid: 0 };
}

function statOf(path: string, mayBeLink: boolean) {
  try {
    return mayBeLink ? statSync(path) : lstatSync(path);
  } catch {
    // Not there, or not for us to see: nothing that can be asked.
    return null;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // No user has logged in.
    return [];
  }
}
