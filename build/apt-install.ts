// Installs packages that only some targets need, so that bootstrap.mjs need not bring them for all.
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
  const root = await asRoot(missing);
  const command = [...root, "env", "DEBIAN_FRONTEND=noninteractive", ...install, ...retries];
  step.note("reading Debian's package lists");
  await run([...command, "update"]);
  step.note(`installing ${missing.join(", ")}`);
  await run([...command, "install", "--no-install-recommends", ...missing]);
}

/** The version of an installed package; null when it is not installed. */
export async function packageVersion(name: string): Promise<string | null> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own way to name fields.
  const query = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name];
  const child = Bun.spawn(query, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const text = await new Response(child.stdout).text();
  return text.startsWith("installed ") ? text.slice("installed ".length) : null;
}

async function asRoot(missing: readonly string[]): Promise<string[]> {
  if (process.getuid?.() === 0) return [];
  try {
    await run(["sudo", "-n", "true"]);
    return ["sudo", "-n"];
  } catch (cause) {
    throw new Error(
      "cannot install Debian packages: neither root nor sudo without a password; as root run: " +
        `apt-get install --no-install-recommends ${missing.join(" ")}`,
      { cause },
    );
  }
}
