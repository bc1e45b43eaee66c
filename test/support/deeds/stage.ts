// A stage for deeds that rules are to see: a root of its own, which is the host's with all changes in
// memory (so that a deed may write to /etc and is gone with the stage), a network of its own whose
// addresses are all this host's, and copies of test/deeds/actor.c under every name that is played.
// Each deed is a shell script below a program of its own, by whose name its records are found.

import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { hasTool, hostTool } from "../program/host-tool.ts";
import { compileC } from "../truth/workload.ts";

export interface Deed {
  /** Unique, of letters, digits and dashes: what the program above its script is called. */
  readonly name: string;
  /**
   * Words of a shell: `play [-t] NAME "DEED" ARGUMENT…` runs an actor, with a terminal for -t;
   * `as USER COMMAND…` runs a program as another.
   */
  readonly script: string;
  /** In a cgroup as Docker makes them, of the container with this id. */
  readonly container?: string;
}

const actorSource = join(import.meta.dir, "../../deeds/actor.c");
const cgroups = "/sys/fs/cgroup/cpu/docker";

/** Addresses that the stage has for its own, besides 127.0.0.1. */
const addresses = [
  "203.0.113.7",
  "198.51.100.9",
  "198.51.100.66",
  "10.20.30.40",
  "169.254.169.254",
];
/** Ports at which somebody listens, who says `exit` and takes all that comes. */
const ports = [22, 443, 4444, 5432];

/** Why there can be no stage here; null where there can. */
export function whyNoStage(): string | null {
  if (!hasTool("unshare", ["--mount", "--net", "true"])) {
    return "it takes root and unshare to make a root and a network";
  }
  for (const [tool, word] of [
    ["ip", "-V"],
    ["setpriv", "--version"],
  ] as const) {
    if (!hasTool(tool, [word])) return `${tool} is missing`;
  }
  return canOverlay() ? null : "this kernel has no overlay file system";
}

function canOverlay(): boolean {
  return fs.readFileSync("/proc/filesystems", "utf8").includes("overlay\n");
}

const prelude = `
play() {
  unset DEED_TTY
  if [ "$1" = -t ]; then export DEED_TTY=1; shift; fi
  player=$1; export DEED="$2"; shift 2
  "/deeds/bin/$player" "$@"
  played=$?
  unset DEED DEED_TTY
  return $played
}
as() {
  user=$1; shift
  setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}
`;

/** @returns a shell script; it says `ready`, waits for a word, and does the deeds in their order. */
function stageScript(deeds: readonly Deed[], setUp: string): string {
  const lines = deeds.map(({ name, container }) => {
    const enter = container === undefined ? "" : `echo 0 > ${cgroups}/${container}/cgroup.procs; `;
    const become = `DEED="run /bin/sh /deeds/${name}.sh" exec /deeds/bin/${name}`;
    return `(${enter}${become}) < /dev/null || echo "${name}: status $?" >&2`;
  });
  return `set -e
mount -t tmpfs tmpfs "$1/room"
mkdir "$1/room/changes" "$1/room/work" "$1/room/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/room/changes,workdir=$1/room/work" "$1/room/root"
cd "$1/room/root"
for folder in proc dev sys; do mount --rbind "/$folder" "$folder"; done
mkdir -p deeds before
mount --bind "$1" deeds
pivot_root . before
umount -l /before
rmdir /before
ip link set lo up
for address in ${addresses.join(" ")}; do ip address add "$address/32" dev lo; done
${setUp}
DEED="serve ${ports.join(" ")}" /deeds/bin/server &
server=$!
echo ready
read -r word < /deeds/go
set +e
if [ "$word" = act ]; then
${lines.join("\n")}
fi
kill $server
`;
}

/** The programs that scripts play. */
function playersIn(scripts: readonly string[]): readonly string[] {
  const names = scripts.flatMap((script) =>
    [...script.matchAll(/(?:play (?:-t )?|\/deeds\/bin\/)([\w.+-]+)/g)].map(
      ([, name]) => name ?? "",
    ),
  );
  return [...new Set(names)];
}

export class Stage {
  readonly #child: ChildProcess;
  /** A pipe that the stage waits at. */
  readonly #go: string;
  readonly #containers: readonly string[];
  #stderr = "";
  #isOver = false;

  private constructor(child: ChildProcess, go: string, containers: readonly string[]) {
    this.#child = child;
    this.#go = go;
    this.#containers = containers;
    child.stderr?.on("data", (bytes: Buffer) => {
      this.#stderr += bytes.toString();
    });
  }

  /**
   * @param folder an empty one, which becomes /deeds on the stage
   * @param setUp words of a shell that are done before anybody looks
   * @throws Error where the stage cannot be set
   */
  static async set(folder: string, deeds: readonly Deed[], setUp = ""): Promise<Stage> {
    fs.mkdirSync(join(folder, "bin"));
    fs.mkdirSync(join(folder, "room"));
    const actor = compileC(join(folder, "actor"), [actorSource]);
    const scripts = deeds.map(({ script }) => script);
    const names = [...playersIn([...scripts, setUp]), ...deeds.map(({ name }) => name), "server"];
    for (const name of names) fs.linkSync(actor, join(folder, "bin", name));
    for (const { name, script } of deeds) {
      fs.writeFileSync(join(folder, `${name}.sh`), `. /deeds/prelude.sh\n${script}\n`);
    }
    fs.writeFileSync(join(folder, "prelude.sh"), prelude);
    fs.writeFileSync(join(folder, "stage.sh"), stageScript(deeds, setUp));
    fs.chmodSync(folder, 0o755);
    hostTool("mkfifo", [join(folder, "go")]);
    const containers = [...new Set(deeds.flatMap(({ container }) => container ?? []))];
    for (const id of containers) fs.mkdirSync(join(cgroups, id), { recursive: true });
    // Whoever runs the tests, over SSH perhaps, is no ancestor of the stage: its parent leaves it. It ends
    // by itself where the tests were killed.
    const enter =
      'timeout 600 unshare --mount --net --propagation private /bin/sh "$0/stage.sh" "$0" &';
    const child = spawn("/bin/sh", ["-c", enter, folder], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" },
    });
    const stage = new Stage(child, join(folder, "go"), containers);
    await stage.#ready();
    return stage;
  }

  async #ready(): Promise<void> {
    const ready = new Promise<boolean>((resolve) => {
      this.#child.stdout?.on("data", (bytes: Buffer) => {
        if (bytes.toString().includes("ready")) resolve(true);
      });
      this.#child.on("close", () => resolve(false));
    });
    if (!(await ready)) throw new Error(`the stage could not be set: ${this.#stderr}`);
  }

  /** Does all deeds, and takes the stage down. @returns what their programs said on standard error */
  async act(): Promise<string> {
    await this.#end("act");
    return this.#stderr;
  }

  /** Takes the stage down without a deed. */
  async leave(): Promise<void> {
    await this.#end("leave");
  }

  async #end(word: string): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const ended = new Promise((resolve) => this.#child.on("close", resolve));
    fs.writeFileSync(this.#go, `${word}\n`);
    await ended;
    const folders = this.#containers.map((id) => join(cgroups, id));
    // The folder above them stays where it holds others.
    if (folders.length > 0) hostTool("rmdir", [...folders, cgroups]);
  }
}
