// What is told of the process itself, under the names that Prometheus' own clients give it.

import { readdirSync } from "node:fs";
import { nowMs } from "../base/clock.ts";
import type { Family } from "./exposition.ts";

export function processFamilies(): readonly Family[] {
  const cpu = process.cpuUsage();
  return [
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "User and system time of all threads.",
      samples: [{ value: (cpu.user + cpu.system) / 1e6 }],
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Memory in use, as the kernel counts it.",
      samples: asked(() => process.memoryUsage.rss()),
    },
    {
      name: "process_open_fds",
      type: "gauge",
      help: "Open descriptors.",
      samples: asked(() => readdirSync("/proc/self/fd").length),
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "When the process began, in seconds since the epoch.",
      samples: [{ value: startSec }],
    },
  ];
}

/** Taken once: a clock that is set later does not move it. */
const startSec = nowMs() / 1000 - process.uptime();

/** No sample where /proc does not tell. */
function asked(ask: () => number): Family["samples"] {
  try {
    return [{ value: ask() }];
  } catch {
    // The others are told all the same.
    return [];
  }
}
