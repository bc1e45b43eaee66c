// The shipped file as a container image of its own, FROM scratch, in podman's hands. Everything that
// podman stores lies in one folder of the test's, and nothing is fetched. Where podman is missing or
// cannot run here, its own words say why.

import fs from "node:fs";
import { join } from "node:path";
import { hasTool, hostTool } from "./host-tool.ts";
import { shippedFile } from "./shipped.ts";
import type { Run } from "./sysflow.ts";

const image = "localhost/sysflow-test";

/** Of scratch there is nothing below the file but what a runtime mounts. */
const containerfile = `FROM scratch
COPY sysflow /sysflow
COPY capture.scap /capture.scap
ENTRYPOINT ["/sysflow"]
`;

/** The default runtime first; crun refuses hosts that mix both versions of control groups. */
const runtimes: readonly (readonly string[])[] = [
  [],
  ["--runtime=runc", "--cgroup-manager=cgroupfs"],
];

const runFlags = [
  "--rm",
  "--network=none",
  "--read-only",
  // A root without CAP_SYS_RESOURCE cannot raise its limits to podman's defaults.
  "--ulimit=nofile=4000:4000",
  "--ulimit=nproc=9000:9000",
];

/** Podman 5 says on hosts of the older kind of cgroups that it will not know them for ever. */
const environment = { ...process.env, LC_ALL: "C", PODMAN_IGNORE_CGROUPSV1_WARNING: "1" };

export class Podman {
  /** Why it cannot be used; null where it can. */
  readonly obstacle: string | null;
  readonly #folder: string;
  #global: readonly string[] = [];

  /** Builds the image and starts it once. @param folder its own, on a file system with room for 400 MB */
  constructor(folder: string, capture: string) {
    this.#folder = folder;
    fs.mkdirSync(join(folder, "out"), { recursive: true });
    fs.chmodSync(join(folder, "out"), 0o1777);
    this.obstacle = this.#start(capture);
  }

  /** Runs the file in a new container, with the folder's out/ as /out. */
  run(flags: readonly string[], args: readonly string[]): Run {
    const volume = `--volume=${join(this.#folder, "out")}:/out`;
    return this.#podman(["run", ...runFlags, volume, ...flags, image, ...args]);
  }

  /** Takes its storage apart, which may have mounts of its own. */
  close(): void {
    if (this.#global.length > 0) {
      this.#podman(["rmi", "--all", "--force"]);
    }
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(capture: string): string | null {
    if (!hasTool("podman")) {
      return "podman is not installed";
    }
    const context = join(this.#folder, "context");
    fs.mkdirSync(context);
    fs.writeFileSync(join(context, "Containerfile"), containerfile);
    fs.copyFileSync(shippedFile, join(context, "sysflow"));
    fs.copyFileSync(capture, join(context, "capture.scap"));
    const storage = ["root", "runroot"].map((name) => `--${name}=${join(this.#folder, name)}`);
    let last = "";
    for (const runtime of runtimes) {
      this.#global = [...storage, ...runtime];
      const build = this.#podman(["build", "--quiet", "--tag", image, context]);
      if (build.status !== 0) {
        return firstLine(build.stderr);
      }
      const { status, stderr } = this.run([], ["version"]);
      // Podman keeps these for its own failures, and the runtime's.
      if (status !== 125 && status !== 126 && status !== 127) {
        return null;
      }
      last = firstLine(stderr);
    }
    return last;
  }

  #podman(words: readonly string[]): Run {
    return hostTool("podman", [...this.#global, ...words], { env: environment });
  }
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line !== "") ?? "podman gives no reason";
}
