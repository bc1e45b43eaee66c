// Log lines on standard error, with a limit of rate for each kind of message: when a hostile
// workload causes the same message a million times, it is written a few times and then counted.
// Text from outside (paths, arguments) is escaped, so that it can neither colour a terminal nor
// forge a line. In JSON, one object a line, it is escaped so that nothing of it is lost.

import { monotonicMs, nowMs } from "./clock.ts";
import type { OperatorError } from "./errors.ts";

export const logLevel = { ERROR: 0, WARNING: 1, INFO: 2, DEBUG: 3 } as const;
export type LogLevel = (typeof logLevel)[keyof typeof logLevel];

const levelNames = ["error", "warning", "info", "debug"] as const;

/** For a person, or for a program. */
export type LogFormat = "text" | "json";

export interface LogOptions {
  /** Lines above this level are not written; INFO where absent. */
  readonly level?: LogLevel;
  /** Lines with one key in one window; the rest is counted. */
  readonly burst?: number;
  readonly windowMs?: number;
  /** Text where absent. */
  readonly format?: LogFormat;
  /** Takes a whole line with its newline; standard error where absent. */
  readonly write?: (line: string) => void;
  readonly clockMs?: () => number;
}

interface Window {
  startMs: number;
  written: number;
  suppressed: number;
}

/** More keys than these share one window: a key must be a constant, this bounds a mistake. */
const keysMax = 256;
const overflowKey = "(other)";

export class Log {
  readonly #level: LogLevel;
  readonly #burst: number;
  readonly #windowMs: number;
  readonly #format: LogFormat;
  readonly #write: (line: string) => void;
  readonly #clockMs: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(options: LogOptions = {}) {
    this.#level = options.level ?? logLevel.INFO;
    this.#burst = options.burst ?? 5;
    this.#windowMs = options.windowMs ?? 60_000;
    this.#format = options.format ?? "text";
    this.#write = options.write ?? writeStderr;
    this.#clockMs = options.clockMs ?? monotonicMs;
  }

  /** @param key names the message for the rate limit, a constant such as `fd-unknown`. */
  error(key: string, message: string): void {
    this.#line(logLevel.ERROR, key, message);
  }

  warning(key: string, message: string): void {
    this.#line(logLevel.WARNING, key, message);
  }

  info(key: string, message: string): void {
    this.#line(logLevel.INFO, key, message);
  }

  /** An info line that the operator asked for, so that none is held back. */
  asked(key: string, message: string): void {
    if (this.#level >= logLevel.INFO) {
      this.#write(logLine(this.#format, { level: "info", topic: key, message }));
    }
  }

  debug(key: string, message: string): void {
    this.#line(logLevel.DEBUG, key, message);
  }

  /** Says how many lines were held back since, for each key that has any; called at the end. */
  flush(): void {
    for (const [key, window] of this.#windows) {
      this.#reportSuppressed(key, window);
    }
  }

  #line(level: LogLevel, key: string, message: string): void {
    if (level > this.#level) {
      return;
    }
    const window = this.#windowOf(key);
    const now = this.#clockMs();
    if (now - window.startMs >= this.#windowMs) {
      this.#reportSuppressed(key, window);
      window.startMs = now;
      window.written = 0;
    }
    if (window.written >= this.#burst) {
      window.suppressed += 1;
      return;
    }
    window.written += 1;
    this.#write(logLine(this.#format, { level: levelNames[level], topic: key, message }));
  }

  #windowOf(key: string): Window {
    const known = this.#windows.get(key);
    if (known !== undefined) {
      return known;
    }
    if (this.#windows.size >= keysMax && key !== overflowKey) {
      return this.#windowOf(overflowKey);
    }
    const window = { startMs: this.#clockMs(), written: 0, suppressed: 0 };
    this.#windows.set(key, window);
    return window;
  }

  #reportSuppressed(key: string, window: Window): void {
    if (window.suppressed > 0) {
      const count = window.suppressed;
      window.suppressed = 0;
      const message = `${count} more lines like "${key}" held back`;
      this.#write(logLine(this.#format, { level: "warning", topic: key, message }));
    }
  }
}

interface LogEntry {
  readonly level: (typeof levelNames)[number];
  /** What it is about, a constant such as `drops`; for programs. */
  readonly topic: string;
  readonly message: string;
}

/** A whole line with its newline. */
export function logLine(format: LogFormat, { level, message, topic }: LogEntry): string {
  return format === "text"
    ? `sysflow: ${level}: ${escapeControls(message)}\n`
    : jsonLine({ level, topic, message });
}

/** A line whose level goes without saying for a person. @param fields for programs alone */
export function plainLine(
  format: LogFormat,
  topic: string,
  message: string,
  fields: Readonly<Record<string, unknown>> = {},
): string {
  return format === "text"
    ? `sysflow: ${escapeControls(message)}\n`
    : jsonLine({ level: "info", topic, message, ...fields });
}

/**
 * With the lines below it that show where the fault is.
 * @param exitStatus where it is not the error's own
 */
export function errorLines(
  format: LogFormat,
  error: OperatorError,
  exitStatus: number = error.exitStatus,
): string {
  const { code, detail, message } = error;
  if (format === "text") {
    const first = `sysflow: error: ${escapeControls(message)} [${code}]\n`;
    return [first, ...detail.map((line) => `  ${escapeControls(line)}\n`)].join("");
  }
  const more = detail.length === 0 ? {} : { detail };
  return jsonLine({ level: "error", topic: "error", code, exitStatus, message, ...more });
}

/** An error that is none of the operator's: in JSON, since as text the runtime shows it. */
export function defectLine(error: unknown): string {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return jsonLine({ level: "error", topic: "error", code: "DEFECT", message, stack });
}

/** An object in one line, with the time as RFC 3339 has it. */
function jsonLine(fields: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify({ time: new Date(nowMs()).toISOString(), ...fields });
  return `${text.replace(controls, (character) => `\\u${hexOf(character).padStart(4, "0")}`)}\n`;
}

/**
 * Replaces each C0 and C1 control character, DEL, and the separators and bidirectional marks that
 * reorder or break a line, by `\xNN` or `\uNNNN`. With ESC gone, no ANSI sequence is left.
 */
export function escapeControls(text: string): string {
  return text.replace(controls, (character) => {
    const hex = hexOf(character);
    return hex.length <= 2 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
}

const controls = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16);
}

function writeStderr(line: string): void {
  process.stderr.write(line);
}
