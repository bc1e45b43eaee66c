// Opens the files of one output, one after another. Names are made of times; when another writer
// has taken a name, the next one is tried. The last folder of the path is made where it is missing.

import { errnoCode, OperatorError } from "../../base/errors.ts";
import type { KnownFile } from "../known-file.ts";
import { makeLastFolder } from "../output-folder.ts";
import { OutputFile, type OutputFileOptions } from "./output-file.ts";
import type { OutputFs } from "./output-fs.ts";
import type { LockFile } from "./part-file.ts";
import type { Rotation } from "./rotation.ts";

export interface OpenerOptions {
  readonly rotation: Rotation;
  readonly known: readonly KnownFile[] | undefined;
  readonly fs: OutputFs | undefined;
  readonly lock: LockFile | undefined;
  readonly isNonBlocking: boolean;
}

/** Stamped names taken by another writer in the same second: try so many seconds on. */
const nameTriesMax = 60;

export class OutputOpener {
  readonly #options: OpenerOptions;

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  /** @throws OperatorError OUTPUT_OPEN_FAILED or OUTPUT_IN_USE */
  open(timeSec: number): OutputFile {
    const { rotation } = this.#options;
    const nextAfter = this.#attempts(timeSec);
    let path = rotation.nextPath(timeSec);
    for (;;) {
      try {
        return new OutputFile(path, this.#fileOptions());
      } catch (error) {
        path = nextAfter(path, error);
      }
    }
  }

  /**
   * The same without waiting for the disk.
   * @param done gets the file, or the error that `open` would throw
   */
  openLater(timeSec: number, done: (file: OutputFile | OperatorError) => void): void {
    const nextAfter = this.#attempts(timeSec);
    const attempt = (path: string): void => {
      OutputFile.openLater(path, this.#fileOptions(), (file) => {
        if (file instanceof OutputFile) {
          done(file);
          return;
        }
        let next: string;
        try {
          next = nextAfter(path, file);
        } catch (error) {
          done(error instanceof OperatorError ? error : file);
          return;
        }
        attempt(next);
      });
    };
    attempt(this.#options.rotation.nextPath(timeSec));
  }

  #fileOptions(): OutputFileOptions {
    const { rotation, ...options } = this.#options;
    return { ...options, exclusive: rotation.stamped };
  }

  /** @returns what gives the path to try after a failure, and throws where another is of no use */
  #attempts(timeSec: number): (path: string, error: unknown) => string {
    const { rotation, fs } = this.#options;
    let isFolderMade = fs !== undefined;
    let tries = 0;
    return (path, error) => {
      tries += 1;
      const code = error instanceof OperatorError ? errnoCode(error.cause) : null;
      if (code === "ENOENT" && !isFolderMade) {
        makeLastFolder(path);
        isFolderMade = true;
        return path;
      }
      if (!(rotation.stamped && code === "EEXIST" && tries < nameTriesMax)) {
        throw error;
      }
      return rotation.nextPath(timeSec);
    };
  }
}
