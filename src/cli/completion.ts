// Completion scripts for three shells, made from the option table. The scripts are whole and static:
// completing a word does not start the program.

import { commandList } from "./option-table.ts";
import type { CommandSpec, OptionSpec } from "./option-types.ts";

export type Shell = "bash" | "zsh" | "fish";

export function completionText(shell: Shell): string {
  switch (shell) {
    case "bash":
      return bashText();
    case "zsh":
      return zshText();
    case "fish":
      return fishText();
    default:
      return shell satisfies never;
  }
}

/** Options that do something; refused ones are not offered. */
function offered(command: CommandSpec): readonly OptionSpec[] {
  return command.options.filter((option) => option.refused === undefined);
}

function spellings(option: OptionSpec): readonly string[] {
  const long = [`--${option.long}`];
  if (option.negatable === true) {
    long.push(`--no-${option.long}`);
  }
  return option.short === undefined ? long : [`-${option.short}`, ...long];
}

function operandWords(command: CommandSpec): readonly string[] {
  return command.operands?.kind === "choice" ? command.operands.choices : [];
}

function bashText(): string {
  const names = commandList.map((command) => command.name).join(" ");
  return `# bash completion for sysflow
_sysflow() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${names}" -- "$word")
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commandList.map(bashCommand).join("\n")}
  esac
}
complete -o filenames -F _sysflow sysflow
`;
}

function bashCommand(command: CommandSpec): string {
  const values = offered(command).flatMap((option) => {
    if (option.value === undefined) {
      return [];
    }
    const pattern = spellings(option)
      .filter((name) => !name.startsWith("--no-"))
      .join("|");
    return [`        ${pattern}) ${bashValue(option)}; return ;;`];
  });
  const words = [...offered(command).flatMap(spellings), ...operandWords(command)].join(" ");
  const programs =
    command.operands?.kind === "program"
      ? [`      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -c -- "$word")`]
      : [];
  const files =
    command.operands?.kind === "paths"
      ? [`      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")`]
      : [];
  return [
    `    ${command.name})`,
    ...(values.length === 0 ? [] : [`      case "$previous" in`, ...values, "      esac"]),
    `      mapfile -t COMPREPLY < <(compgen -W "${words}" -- "$word")`,
    ...programs,
    ...files,
    "      ;;",
  ].join("\n");
}

function bashValue(option: OptionSpec): string {
  switch (option.value?.kind) {
    case "path":
      return `mapfile -t COMPREPLY < <(compgen -f -- "$word")`;
    case "choice":
      return `mapfile -t COMPREPLY < <(compgen -W "${option.value.choices.join(" ")}" -- "$word")`;
    default:
      return ":";
  }
}

function zshText(): string {
  const names = commandList.map((command) => `    '${command.name}:${zshQuote(command.summary)}'`);
  return `#compdef sysflow
_sysflow() {
  local -a commands
  commands=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commandList.map(zshCommand).join("\n")}
  esac
}
_sysflow "$@"
`;
}

function zshCommand(command: CommandSpec): string {
  const rows = offered(command).flatMap((option) => {
    const text = `[${zshQuote(option.help)}]${zshValue(option)}`;
    return spellings(option).map((name) => {
      // "+" and "=": the value may follow directly as well.
      const joint = option.value === undefined ? "" : name.startsWith("--") ? "=" : "+";
      return `        '${name}${joint}${text}'`;
    });
  });
  const words = operandWords(command);
  if (words.length > 0) {
    rows.push(`        '1:argument:(${words.join(" ")})'`);
  }
  if (command.operands?.kind === "program") {
    rows.push(`        '*::command:_normal'`);
  }
  if (command.operands?.kind === "paths") {
    rows.push(`        '*:path:_files'`);
  }
  return [`    ${command.name})`, "      _arguments -s \\", rows.join(" \\\n"), "      ;;"].join(
    "\n",
  );
}

function zshValue({ value }: OptionSpec): string {
  if (value === undefined) {
    return "";
  }
  switch (value.kind) {
    case "path":
      return `:${value.name}:_files`;
    case "choice":
      return `:${value.name}:(${value.choices.join(" ")})`;
    default:
      return `:${value.name}:`;
  }
}

/** Inside single quotes, in a description between brackets. */
function zshQuote(text: string): string {
  return text.replaceAll("'", "'\\''").replace(/[[\]:\\]/g, "\\$&");
}

function fishText(): string {
  const lines = ["# fish completion for sysflow", "complete -c sysflow -f"];
  for (const command of commandList) {
    const summary = fishQuote(command.summary);
    lines.push(`complete -c sysflow -n __fish_use_subcommand -a ${command.name} -d ${summary}`);
    const when = `-n '__fish_seen_subcommand_from ${command.name}'`;
    const head = `complete -c sysflow ${when}`;
    const words = operandWords(command);
    if (words.length > 0) {
      lines.push(`${head} -a ${fishQuote(words.join(" "))}`);
    }
    for (const option of offered(command)) {
      lines.push(...fishOption(head, option));
    }
  }
  return `${lines.join("\n")}\n`;
}

function fishOption(head: string, option: OptionSpec): readonly string[] {
  const short = option.short === undefined ? "" : ` -s ${option.short}`;
  const help = fishQuote(option.help);
  const lines = [`${head}${short} -l ${option.long}${fishValue(option)} -d ${help}`];
  if (option.negatable === true) {
    lines.push(`${head} -l no-${option.long} -d ${fishQuote(`not: ${option.help}`)}`);
  }
  return lines;
}

function fishValue(option: OptionSpec): string {
  switch (option.value?.kind) {
    case undefined:
      return "";
    case "path":
      return " -r -F";
    case "choice":
      return ` -x -a ${fishQuote(option.value.choices.join(" "))}`;
    default:
      return " -x";
  }
}

function fishQuote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
