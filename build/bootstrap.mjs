// From a bare Debian with Node to a running build: Bun and the npm packages; then the task itself, which
// runs under Bun and brings what it needs of the distribution. Plain JavaScript, since nothing else can
// run yet. Each part is looked at first and touched only where something is missing.
//
//   node build/bootstrap.mjs start | test [ARG…] | run SCRIPT [ARG…]

import { spawn, spawnSync } from "node:child_process";
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants, homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What `npm start` shows once everything is built. */
const DEMO = "build/demo.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BUN = "@oven/bun-linux-x64";
const LINE_EVERY_MS = 10_000;

await main(process.argv.slice(2));

async function main([task, ...args]) {
  try {
    if (process.platform !== "linux" || process.arch !== "x64") {
      throw new Error(`cannot build on ${process.platform} ${process.arch}: it needs Linux x86-64`);
    }
    const known = ["start", "test", "run"].includes(task);
    if (!known || (task === "run" && args.length === 0)) {
      throw new Error("usage: node build/bootstrap.mjs start | test [ARG…] | run SCRIPT [ARG…]");
    }
    const bun = await installBun();
    await installNodePackages(bun);
    process.env.PATH = `${join(bun, "..")}:${process.env.PATH ?? ""}`;
    if (task === "start") {
      const built = await follow([bun, "build/compile.ts"]);
      process.exitCode = built === 0 ? await follow(demoCommand(bun), { demo: true }) : built;
    } else {
      const command = task === "test" ? [bun, "build/test.ts", ...args] : [bun, ...args];
      process.exitCode = await follow(command);
    }
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Bun at the version and with the hash that bun.lock names: npm refuses a package that differs. */
async function installBun() {
  const lock = readFileSync(join(ROOT, "bun.lock"), "utf8");
  const row = lock.split("\n").find((line) => line.trimStart().startsWith(`"${BUN}": [`)) ?? "";
  const version = row.match(/bun-linux-x64@([0-9.]+)"/)?.[1];
  const integrity = row.match(/"(sha512-[A-Za-z0-9+/=]+)"/)?.[1];
  if (!version || !integrity) throw new Error(`bun.lock names no version and hash of ${BUN}`);
  const tag = Buffer.from(integrity.slice(7), "base64").toString("hex").slice(0, 12);
  const folder = join(cacheRoot(), `bun-${version}-${tag}`);
  const program = join("node_modules", BUN, "bin/bun");
  if (existsSync(join(folder, program))) return join(folder, program);

  mkdirSync(cacheRoot(), { recursive: true });
  const work = mkdtempSync(`${folder}.part-`);
  try {
    const dependencies = { [BUN]: version };
    const packages = { "": { dependencies }, [`node_modules/${BUN}`]: { version, integrity } };
    const lockFile = { name: "bun", lockfileVersion: 3, requires: true, packages };
    writeFileSync(join(work, "package.json"), JSON.stringify({ name: "bun", dependencies }));
    writeFileSync(join(work, "package-lock.json"), JSON.stringify(lockFile));
    const npm = process.env.npm_execpath?.endsWith(".js")
      ? [process.execPath, process.env.npm_execpath]
      : ["npm"];
    const options = [
      "--prefix",
      work,
      "--loglevel=error",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
    ];
    await quietly(`installing Bun ${version}`, [...npm, "ci", ...options], work);
    const run = spawnSync(join(work, program), ["--version"], { encoding: "utf8" });
    if (run.stdout?.trim() !== version) {
      throw new Error(
        `Bun ${version} does not run here (${run.signal ?? run.error?.message ?? run.status}); ` +
          "it needs a CPU with AVX2",
      );
    }
    if (!existsSync(folder)) renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return join(folder, program);
}

/** Always asked for: with nothing to do it takes some 50 ms. */
async function installNodePackages(bun) {
  const install = [bun, "install", "--frozen-lockfile", "--ignore-scripts", "--no-progress"];
  await quietly("npm packages", install, ROOT);
}

/** Live capture needs root. Where sudo asks nothing, take it; else the demo says what is missing. */
function demoCommand(bun) {
  const sudo = process.getuid() !== 0 && spawnSync("sudo", ["-n", "true"]).status === 0;
  return sudo ? ["sudo", bun, DEMO] : [bun, DEMO];
}

/** Runs a program with its output in a log file, and tells what it is for and how long it takes. */
async function quietly(title, [program, ...args], cwd = ROOT) {
  const logs = join(cacheRoot(), "log");
  mkdirSync(logs, { recursive: true });
  const path = join(logs, `${title.replace(/\W+/g, "-")}.log`);
  const log = createWriteStream(path);
  const started = Date.now();
  const elapsed = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  const tty = process.stderr.isTTY;
  const show = (text) => process.stderr.write(tty ? `\r\x1b[K  … ${text}` : `  … ${text}\n`);
  const tick = () => show(`${title} (${elapsed()})`);
  const timer = setInterval(tick, tty ? 500 : LINE_EVERY_MS);
  if (tty) show(title);
  const child = spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let tail = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      log.write(text);
      tail = (tail + text).slice(-4000);
    });
  }
  try {
    const status = await ending(child);
    const mark = status === 0 ? "✓" : "✗";
    if (status !== 0 || Date.now() - started > 1000) {
      process.stderr.write(`${tty ? "\r\x1b[K" : ""}  ${mark} ${title} (${elapsed()})\n`);
    } else if (tty) process.stderr.write("\r\x1b[K");
    if (status > 128) process.exit(status);
    if (status !== 0) throw new Error(`${program} ended with ${status}\n${tail}\n(log: ${path})`);
  } finally {
    clearInterval(timer);
    log.end();
  }
}

/**
 * Runs a program in our place: our terminal, its exit status. On a terminal Ctrl-C reaches the
 * program by itself, so it is not passed on a second time. Elsewhere the demo gets a process group of
 * its own and each signal once, since npm passes on what its whole group has already received.
 */
async function follow([program, ...args], { demo = false } = {}) {
  const terminal = process.stdin.isTTY === true;
  const options = { cwd: ROOT, stdio: "inherit", detached: demo && !terminal };
  return await ending(spawn(program, args, options), terminal ? ["SIGINT"] : []);
}

function ending(child, alone = []) {
  return new Promise((resolve, reject) => {
    const handlers = new Map();
    const settle = () => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      let last = Number.NEGATIVE_INFINITY;
      const handler = () => {
        const again = performance.now() - last < 500;
        last = performance.now();
        if (!again && !alone.includes(signal)) child.kill(signal);
      };
      handlers.set(signal, handler);
      process.on(signal, handler);
    }
    child.once("error", (error) => {
      settle();
      reject(new Error(`cannot run ${child.spawnfile}: ${error.message}`));
    });
    child.once("close", (status, signal) => {
      settle();
      resolve(status ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

function cacheRoot() {
  const base = process.env.XDG_CACHE_HOME;
  return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "sysflow");
}
