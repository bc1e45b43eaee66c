// Completion scripts for three shells, made from the option table. The scripts are whole and static:
// completing a word does not start the program.

import type { CommandShape, OptionShape } from "./command-shape.ts";

type Subcommands = Readonly<Record<string, CommandShape>>;

export type Shell = "bash" | "zsh" | "fish";

export function completionText(shell: Shell, commands: readonly CommandShape[]): string {
  switch (shell) {
    case "bash":
      return bashText(commands);
    case "zsh":
      return zshText(commands);
    case "fish":
      return fishText(commands);
    default:
      return shell satisfies never;
  }
}

/** Options that do something; refused ones are not offered. */
function offered(command: CommandShape): readonly OptionShape[] {
  return command.options.filter((option) => option.refused === undefined);
}

function spellings(option: OptionShape): readonly string[] {
  const long = [`--${option.long}`];
  if (option.negatable === true) {
    long.push(`--no-${option.long}`);
  }
  return option.short === undefined ? long : [`-${option.short}`, ...long];
}

function operandWords(command: CommandShape): readonly string[] {
  return command.operands?.kind === "choice" ? command.operands.choices : [];
}

/** What may follow a choice, by that choice. */
function nextWords({ operands }: CommandShape): readonly (readonly [string, readonly string[]])[] {
  return operands?.kind === "choice" ? Object.entries(operands.next ?? {}) : [];
}

function bashText(commands: readonly CommandShape[]): string {
  const names = commands.map((command) => command.name).join(" ");
  return `# bash completion for sysflow
_sysflow() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${names}" -- "$word")
    return
  fi
  case "\${COMP_WORDS[1]}" in
${commands.map((command) => bashCommand(command, command.name)).join("\n")}
  esac
}
complete -o filenames -F _sysflow sysflow
`;
}

/** @param word that names it */
function bashCommand(command: CommandShape, word: string): string {
  const { subcommands } = command;
  return subcommands === undefined
    ? bashArguments(command, word)
    : bashGroup(command, word, subcommands);
}

function bashGroup(command: CommandShape, word: string, subcommands: Subcommands): string {
  const words = [...Object.keys(subcommands), ...offered(command).flatMap(spellings)].join(" ");
  const cases = Object.entries(subcommands).map(([name, one]) => bashArguments(one, name));
  return [
    `    ${word})`,
    "      if [[ $COMP_CWORD -eq 2 ]]; then",
    `        mapfile -t COMPREPLY < <(compgen -W "${words}" -- "$word")`,
    "        return",
    "      fi",
    `      case "\${COMP_WORDS[2]}" in`,
    indented(cases.join("\n")),
    "      esac",
    "      ;;",
  ].join("\n");
}

function indented(text: string): string {
  return text.replace(/^/gm, "    ");
}

function bashArguments(command: CommandShape, word: string): string {
  const values = offered(command).flatMap((option) => {
    if (option.value === undefined) {
      return [];
    }
    const pattern = spellings(option)
      .filter((name) => !name.startsWith("--no-"))
      .join("|");
    return [`        ${pattern}) ${bashValue(option)}; return ;;`];
  });
  for (const [choice, next] of nextWords(command)) {
    values.push(`        ${choice}) ${bashWords(next)}; return ;;`);
  }
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
    `    ${word})`,
    ...(values.length === 0 ? [] : [`      case "$previous" in`, ...values, "      esac"]),
    `      mapfile -t COMPREPLY < <(compgen -W "${words}" -- "$word")`,
    ...programs,
    ...files,
    "      ;;",
  ].join("\n");
}

function bashValue(option: OptionShape): string {
  switch (option.value?.kind) {
    case "path":
      return `mapfile -t COMPREPLY < <(compgen -f -- "$word")`;
    case "choice":
      return bashWords(option.value.choices);
    default:
      return ":";
  }
}

function bashWords(words: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W "${words.join(" ")}" -- "$word")`;
}

function zshText(commands: readonly CommandShape[]): string {
  return `#compdef sysflow
_sysflow() {
  local -a commands
  commands=(
${commands.map((command) => zshSummary(command.name, command)).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map((command) => zshCommand(command, command.name)).join("\n")}
  esac
}
_sysflow "$@"
`;
}

function zshSummary(word: string, { summary }: CommandShape): string {
  return `    '${word}:${zshQuote(summary)}'`;
}

/** @param word that names it */
function zshCommand(command: CommandShape, word: string): string {
  const { subcommands } = command;
  return subcommands === undefined
    ? zshArguments(command, word)
    : zshGroup(command, word, subcommands);
}

function zshGroup(command: CommandShape, word: string, subcommands: Subcommands): string {
  const all = Object.entries(subcommands);
  const own = zshArguments(command, "*");
  return [
    `    ${word})`,
    "      commands=(",
    indented(all.map(([name, one]) => zshSummary(name, one)).join("\n")),
    "      )",
    "      if (( CURRENT == 2 )); then",
    "        _describe 'command' commands",
    "        return",
    "      fi",
    "      command=$words[2]",
    "      shift words",
    "      (( CURRENT-- ))",
    "      case $command in",
    indented([...all.map(([name, one]) => zshArguments(one, name)), own].join("\n")),
    "      esac",
    "      ;;",
  ].join("\n");
}

function zshArguments(command: CommandShape, word: string): string {
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
  const next = nextWords(command).flatMap(([, those]) => those);
  if (next.length > 0) {
    rows.push(`        '2:argument:(${next.join(" ")})'`);
  }
  if (command.operands?.kind === "program") {
    rows.push(`        '*::command:_normal'`);
  }
  if (command.operands?.kind === "paths") {
    rows.push(`        '*:path:_files'`);
  }
  return [`    ${word})`, "      _arguments -s \\", rows.join(" \\\n"), "      ;;"].join("\n");
}

function zshValue({ value }: OptionShape): string {
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

function fishText(commands: readonly CommandShape[]): string {
  const lines = ["# fish completion for sysflow", "complete -c sysflow -f"];
  for (const command of commands) {
    const seen = `__fish_seen_subcommand_from ${command.name}`;
    lines.push(
      fishSummary("__fish_use_subcommand", command.name, command),
      ...fishArguments(seen, command),
    );
    const own = Object.entries(command.subcommands ?? {});
    const others = own.map(([word]) => word).join(" ");
    for (const [word, one] of own) {
      const none = `${seen}; and not __fish_seen_subcommand_from ${others}`;
      lines.push(
        fishSummary(none, word, one),
        ...fishArguments(`${seen}; and __fish_seen_subcommand_from ${word}`, one),
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

/** @param when the condition under which the word is offered */
function fishSummary(when: string, word: string, { summary }: CommandShape): string {
  const condition = when.includes(" ") ? `'${when}'` : when;
  return `complete -c sysflow -n ${condition} -a ${word} -d ${fishQuote(summary)}`;
}

function fishArguments(when: string, command: CommandShape): readonly string[] {
  const head = `complete -c sysflow -n '${when}'`;
  const words = operandWords(command);
  return [
    ...(words.length === 0 ? [] : [`${head} -a ${fishQuote(words.join(" "))}`]),
    ...offered(command).flatMap((option) => fishOption(head, option)),
  ];
}

function fishOption(head: string, option: OptionShape): readonly string[] {
  const short = option.short === undefined ? "" : ` -s ${option.short}`;
  const help = fishQuote(option.help);
  const lines = [`${head}${short} -l ${option.long}${fishValue(option)} -d ${help}`];
  if (option.negatable === true) {
    lines.push(`${head} -l no-${option.long} -d ${fishQuote(`not: ${option.help}`)}`);
  }
  return lines;
}

function fishValue(option: OptionShape): string {
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
