// How many descriptors of this process lead below a folder. Those of other tests, which may still be
// closed meanwhile, are not counted.

import fs from "node:fs";

/** @param others single files that count, too */
export function descriptorsBelow(folder: string, ...others: readonly string[]): number {
  const places = fs.readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return "";
    }
  });
  return places.filter((place) => place.startsWith(folder) || others.includes(place)).length;
}
