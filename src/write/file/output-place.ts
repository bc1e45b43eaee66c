// What an operator's path leads to, and who else may write there.

import { statSync } from "node:fs";

/** Whether what is written to the path goes to a reader or a device, and into no file. */
export function hasReader(path: string): boolean {
  try {
    const stats = statSync(path);
    return !stats.isFile() && !stats.isDirectory();
  } catch {
    // Not there, or not ours to look at: opening the file then says why.
    return false;
  }
}

/** Whether files go into this path, under names of their own. */
export function isFolder(path: string): boolean {
  if (path.endsWith("/")) {
    return true;
  }
  try {
    return statSync(path).isDirectory();
  } catch {
    // Not there, or not ours to look at: opening the file then says why, with its remedy.
    return false;
  }
}

const othersMayWrite = 0o002;
const sticky = 0o1000;

/**
 * Why others can tamper with files in a folder, or null. Where it is sticky, as /tmp is, and root's
 * or our own, they can make files there, but neither remove nor rename ours.
 */
export function folderRisk(folder: string): string | null {
  let stats: ReturnType<typeof statSync>;
  try {
    stats = statSync(folder);
  } catch {
    return null;
  }
  if ((stats.mode & othersMayWrite) === 0) {
    return null;
  }
  const isGuarded = (stats.mode & sticky) !== 0 && [0, process.geteuid?.()].includes(stats.uid);
  return isGuarded
    ? null
    : `every user may write into ${folder}: they can remove or replace what is written there; ` +
        "use a folder that only its owner may write into";
}
