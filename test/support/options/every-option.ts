// The names of everything that can be said to the program: each option of each command, the operands
// that are listed, and each environment variable that a command reads. Two tables of cases must
// have them all: test/cli/every-option.test.ts, and test/e2e/every-option.test.ts for live capture.

import { commandList, withSubcommands } from "../../../src/cli/option-table.ts";
import {
  collectSettings,
  type Environment,
  hostRoot,
  recordSettings,
} from "../../../src/cli/options.ts";

/** `collect --rotate`, `help COMMAND`, `record HOST_ROOT`; what is refused too. */
export function everyOption(): readonly string[] {
  const options = commandList
    .flatMap(withSubcommands)
    .flatMap((command) => [
      ...command.options.map((option) => `${command.name} --${option.long}`),
      ...(command.operands === undefined ? [] : [`${command.name} ${operandName(command.name)}`]),
    ]);
  const variables = Object.entries(readers).flatMap(([command, read]) =>
    namesRead(read).map((name) => `${command} ${name}`),
  );
  return [...options, ...variables].sort();
}

function operandName(command: string): string {
  const names: Readonly<Record<string, string>> = {
    completion: "SHELL",
    process: "PATH",
    recover: "PATH",
  };
  return names[command] ?? (command.startsWith("policy ") ? "PATH" : "COMMAND");
}

const readers: Readonly<Record<string, (env: Environment) => unknown>> = {
  collect: (env) => [collectSettings({ write: ["x"] }, env), hostRoot(env)],
  record: (env) => [recordSettings({ write: "x" }, [], env), hostRoot(env)],
  check: hostRoot,
};

/** A variable of a family, such as GLOG_v, is found by its beginning: the family stands for it. */
function namesRead(read: (env: Environment) => unknown): readonly string[] {
  const names = new Set<string>();
  const spy = new Proxy<Record<string, string>>(
    {},
    {
      get: (_, name) => {
        names.add(String(name));
        return undefined;
      },
      ownKeys: () => {
        names.add("GLOG_*");
        return [];
      },
    },
  );
  read(spy);
  return [...names];
}
