// A program without any hardening, compiled by the test. It says what the runtime lets a folder, an
// environment and a caller do to a compiled program, so that a hostile thing is seen to be one.

import cluster from "node:cluster";
import { debuglog } from "node:util";

/** In the folder it is started in, or in a package of that name: each is somebody else's code. */
const foreign = ["hostile-package", `${process.cwd()}/plugin.ts`];

process.stdout.write(`arguments ${process.argv.slice(2).join(" ")}\n`);
process.stdout.write(`parent ${typeof process.send}, worker ${cluster.isWorker}\n`);
process.stdout.write(
  `dotenv ${process.env["FROM_DOTENV"]}, CPUs ${navigator.hardwareConcurrency}\n`,
);
for (const name of foreign) {
  process.stdout.write(`${await importOf(name)}\n`);
}
debuglog("http")("debugging");
process.emitWarning("a warning");
if (process.argv[2] === "fetch") {
  await fetch("http://127.0.0.1:9/").catch(() => null);
}
if (process.argv[2] === "wait") {
  process.stdout.write("waiting\n");
  await Bun.sleep(20_000);
}

async function importOf(name: string): Promise<string> {
  try {
    return String(((await import(name)) as { readonly default: unknown }).default);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
