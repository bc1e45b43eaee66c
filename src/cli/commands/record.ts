// `sysflow record`: settings and signals to the run of run/record-run.ts.

import { Log } from "../../base/log.ts";
import { syscallsFor } from "../../driver/syscall-sets.ts";
import { runRecording } from "../../run/record-run.ts";
import { StopFlag } from "../../run/stop-flag.ts";
import { exitWhileOpening, signalsOf } from "../exits.ts";
import { recordOptions } from "../option-table.ts";
import { nativeOptions, type RecordSettings, startEnvironment } from "../options.ts";

/** @returns the exit status: that of the command where there is one. @throws OperatorError */
export async function runRecord(settings: RecordSettings, hostRoot: string): Promise<number> {
  const log = new Log({ format: settings.logFormat });
  const flag = new StopFlag();
  const signals = signalsOf(flag);
  signals.install();
  try {
    return await runRecording({
      settings,
      open: {
        ...nativeOptions(recordOptions, settings),
        libraryLog: settings.driverLog,
        hostRoot,
        ...(!settings.allSyscalls && { syscalls: syscallsFor("flow", 6) }),
      },
      env: startEnvironment(),
      log,
      flag,
      endingSignal: () => signals.ending,
      onStoppedWhileOpening: (reason) => exitWhileOpening(reason, settings.logFormat),
    });
  } finally {
    signals.remove();
    log.flush();
  }
}
