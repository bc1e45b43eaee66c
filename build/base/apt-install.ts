// Installs Debian packages when a step is about to need them, so that no task brings those of another.
// What is there already is left as it is, so a machine that has everything is never asked for root.

import { run, type Step } from "./run.ts";

/**
 * Installs those of `packages` that are missing.
 *
 * @throws Error naming the command to run as root, when we are neither root nor may use sudo.
 */
export async function aptInstall(packages: readonly string[], step: Step): Promise<void> {
  const found = await Promise.all(packages.map(packageVersion));
  const missing = packages.filter((_, index) => found[index] === null);
  if (missing.length === 0) return;
  const install = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"];
  const retries = ["-o", "Acquire::Retries=3"];
  const root = asRoot(missing);
  const command = [...root, "env", "DEBIAN_FRONTEND=noninteractive", ...install, ...retries];
  step.note("reading Debian's package lists");
  await run([...command, "update"]);
  step.note(`installing ${missing.join(", ")}`);
  await run([...command, "install", "--no-install-recommends", ...missing]);
}

/** The version of an installed package; null when it is not installed. */
export async function packageVersion(name: string): Promise<string | null> {
  if (Bun.which("dpkg-query") === null) {
    throw new Error("cannot look for packages: no dpkg-query; this needs Debian 12 or 13");
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own way to name fields.
  const query = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name];
  const child = Bun.spawn(query, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const text = await new Response(child.stdout).text();
  return text.startsWith("installed ") ? text.slice("installed ".length) : null;
}

function asRoot(missing: readonly string[]): string[] {
  if (process.getuid?.() === 0) return [];
  // Where somebody sits at a terminal, sudo may ask.
  const ask = process.stdin.isTTY ? ["sudo", "-v"] : ["sudo", "-n", "true"];
  const stdio = ["inherit", "ignore", "inherit"] as const;
  if (Bun.which("sudo") !== null && Bun.spawnSync(ask, { stdio: [...stdio] }).success) {
    return ["sudo", "-n"];
  }
  throw new Error(
    "cannot install Debian packages: neither root nor sudo; as root run: apt-get install " +
      `--no-install-recommends ${missing.join(" ")}`,
  );
}
