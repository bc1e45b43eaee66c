// The options of `collect` that act on its files alone: how large, how many, how packed and named.

import type { Codec } from "../avro/container-file.ts";
import type { OnDiskFull } from "../write/file/file-queue.ts";
import type { OptionSpec } from "./option-types.ts";

// Not those of the modules that carry them out: to load these would hold up each start.
const codecs = ["deflate", "null"] as const satisfies readonly Codec[];
const fullDiskActions = ["discard", "drop-oldest", "stop"] as const satisfies readonly OnDiskFull[];

export const fileOptions = [
  {
    long: "rotate-size",
    setting: "rotateBytes",
    value: { kind: "bytes", name: "SIZE", min: 2 ** 20, max: 2 ** 40 },
    help: "start a new file when one has this size",
    defaultText: "by time alone",
  },
  {
    long: "keep-files",
    setting: "keepFiles",
    isLiveOnly: true,
    value: { kind: "integer", name: "N", min: 1, max: 1_000_000 },
    help: "remove the oldest files beyond so many, the one being written among them",
    defaultText: "keep all",
  },
  {
    long: "keep-age",
    setting: "keepAgeSec",
    isLiveOnly: true,
    value: { kind: "integer", name: "SECONDS", min: 1, max: 3_153_600_000, unit: "seconds" },
    help: "remove files whose last record is older",
    defaultText: "keep all",
  },
  {
    long: "keep-bytes",
    setting: "keepBytes",
    isLiveOnly: true,
    value: { kind: "bytes", name: "SIZE", min: 8 * 2 ** 20, max: 2 ** 50 },
    help: "remove the oldest files so that all have at most so many bytes together",
    defaultText: "keep all",
  },
  {
    long: "on-disk-full",
    setting: "onDiskFull",
    initial: "discard",
    isLiveOnly: true,
    value: { kind: "choice", name: "ACTION", choices: fullDiskActions },
    help: "live: discard records until there is room, drop-oldest (files of this output), or stop",
    defaultText: "discard",
  },
  {
    long: "codec",
    setting: "codec",
    initial: "deflate",
    value: { kind: "choice", name: "CODEC", choices: codecs },
    help: "how blocks are packed",
    defaultText: "deflate",
  },
  {
    long: "upstream-names",
    setting: "upstreamNames",
    help: "names with a time do not end in .sf",
  },
] as const satisfies readonly OptionSpec[];
