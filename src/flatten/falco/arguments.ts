// Falco's fields `evt.arg.NAME`, `evt.args`, `evt.abspath.*` and `fs.path.*`: what a call was asked
// for, as far as records tell it.

import * as op from "../../sysflow/op-flags.gen.ts";
import type { Attribute, FlatContext } from "../attribute.ts";
import { Definer } from "../define.ts";
import { KIND_FE, KIND_FF, KIND_NF, KIND_PE, KINDS_OF_PROCESS } from "../record-kinds.ts";
import { openFlagsOf } from "../sysflow/file.ts";
import { opFlagsOf } from "../sysflow/record.ts";
import { networkOf } from "../texts/address-texts.ts";
import { fileTexts, newFileTexts } from "../texts/file-texts.ts";
import { falcoMode, falcoOpenFlags } from "../texts/flag-names.ts";
import { processText } from "../texts/process-texts.ts";
import { tupleText } from "./descriptor.ts";
import { rawResult } from "./event.ts";

type ReadText = (of: FlatContext) => string | null;

/** The value where the record has one of the operations. */
function ofOperations(flags: number, read: ReadText): ReadText {
  return (of) => ((opFlagsOf(of.record) & flags) === 0 ? null : read(of));
}

function firstOf(...reads: readonly ReadText[]): ReadText {
  return (of) => {
    for (const read of reads) {
      const text = read(of);
      if (text !== null) {
        return text;
      }
    }
    return null;
  };
}

const pathOf: ReadText = (of) => fileTexts(of)?.path ?? null;
const newPathOf: ReadText = (of) => newFileTexts(of)?.path ?? null;

/** An argument that the record has as text, where it has. */
function recorded(index: number): ReadText {
  return ({ record }) =>
    record.kind === "ProcessEvent" || record.kind === "FileEvent"
      ? (record.args[index] ?? null)
      : null;
}

const modeText: ReadText = (of) => {
  const mode = recorded(0)(of);
  return mode === null ? null : falcoMode(mode);
};

const oneFile =
  op.OP_MKDIR | op.OP_RMDIR | op.OP_UNLINK | op.OP_CHMOD | op.OP_CHOWN | op.OP_MKNOD | op.OP_UMOUNT;
const moving = op.OP_RENAME | op.OP_LINK;
const twoFiles = moving | op.OP_SYMLINK;

interface Argument {
  readonly name: string;
  readonly kinds: number;
  readonly description: string;
  readonly read: ReadText;
  readonly schema?: 6;
}

const callArguments: readonly Argument[] = [
  {
    name: "path",
    kinds: KIND_FE,
    description: "path that was made, removed or changed",
    read: ofOperations(
      op.OP_MKDIR | op.OP_RMDIR | op.OP_UNLINK | op.OP_CHOWN | op.OP_MKNOD | op.OP_RESIZE,
      pathOf,
    ),
  },
  {
    name: "name",
    kinds: KIND_FE | KIND_FF,
    description: "path that was opened, removed or unmounted",
    read: ofOperations(op.OP_OPEN | op.OP_UNLINK | op.OP_UMOUNT, pathOf),
  },
  {
    name: "filename",
    kinds: KIND_FE | KIND_PE,
    description: "path whose mode was changed, or executable that was run",
    read: firstOf(
      ofOperations(op.OP_CHMOD, pathOf),
      ofOperations(op.OP_EXEC, firstOf(recorded(0), exeText)),
    ),
  },
  {
    name: "pathname",
    kinds: KIND_FE,
    description: "path whose owner was changed",
    read: ofOperations(op.OP_CHOWN, pathOf),
    schema: 6,
  },
  {
    name: "oldpath",
    kinds: KIND_FE,
    description: "path that was renamed or linked to",
    read: ofOperations(moving, pathOf),
  },
  {
    name: "newpath",
    kinds: KIND_FE,
    description: "path that it got",
    read: ofOperations(moving, newPathOf),
  },
  {
    name: "target",
    kinds: KIND_FE,
    description: "path that a symbolic link points to",
    read: ofOperations(op.OP_SYMLINK, pathOf),
  },
  {
    name: "linkpath",
    kinds: KIND_FE,
    description: "path of a symbolic link",
    read: ofOperations(op.OP_SYMLINK, newPathOf),
  },
  {
    name: "flags",
    kinds: KIND_FF | KIND_FE,
    description:
      "how it was opened: O_RDONLY|O_CLOEXEC; with schema 6 those of mounts, as a number",
    read: firstOf(
      ofOperations(op.OP_OPEN, (of) => falcoOpenFlags(openFlagsOf(of))),
      ofOperations(op.OP_MOUNT, recorded(1)),
      ofOperations(op.OP_UMOUNT, recorded(0)),
    ),
  },
  {
    name: "mode",
    kinds: KIND_FE,
    description: "mode that was set: S_IXUSR|S_IRUSR",
    read: ofOperations(op.OP_CHMOD | op.OP_MKNOD, modeText),
    schema: 6,
  },
  {
    name: "uid",
    kinds: KIND_PE | KIND_FE,
    description: "user that was set: of setuid the name; with schema 6 of chown the id",
    read: ofOperations(op.OP_SETUID | op.OP_CHOWN, recorded(0)),
  },
  {
    name: "gid",
    kinds: KIND_FE,
    description: "group that was set by chown",
    read: ofOperations(op.OP_CHOWN, recorded(1)),
    schema: 6,
  },
  {
    name: "dev",
    kinds: KIND_FE,
    description: "what was mounted, or major:minor of a device that was made",
    read: firstOf(ofOperations(op.OP_MOUNT, pathOf), ofOperations(op.OP_MKNOD, recorded(1))),
    schema: 6,
  },
  {
    name: "dir",
    kinds: KIND_FE,
    description: "where it was mounted",
    read: ofOperations(op.OP_MOUNT, newPathOf),
    schema: 6,
  },
  {
    name: "type",
    kinds: KIND_FE,
    description: "type of the file system that was mounted",
    read: ofOperations(op.OP_MOUNT, recorded(0)),
    schema: 6,
  },
  {
    name: "exe",
    kinds: KIND_PE,
    description: "executable that was run",
    read: ofOperations(op.OP_EXEC, exeText),
  },
  {
    name: "comm",
    kinds: KIND_PE,
    description: "name of the process after the call, 15 characters at most",
    read: ofOperations(op.OP_EXEC | op.OP_CLONE, (of) => processText(of, "shortName")),
  },
  {
    name: "tuple",
    kinds: KIND_NF,
    description: "both ends of a connection",
    read: ({ record }) => {
      const network = networkOf(record);
      return network === null ? null : tupleText(network);
    },
  },
  {
    name: "res",
    kinds: KIND_PE | KIND_FE,
    description: "result of the call",
    read: (of) => String(rawResult(of)),
  },
];

function exeText({ process }: FlatContext): string | null {
  return process === null ? null : process.exe;
}

/** All that there are, as `name=value`, a space between each. */
function allArguments(of: FlatContext): string {
  const texts: string[] = [];
  for (const { name, read } of callArguments) {
    const text = read(of);
    if (text !== null) {
      texts.push(`${name}=${text}`);
    }
  }
  return texts.join(" ");
}

const paths = new Definer("record", KIND_FE | KIND_FF);
const newPaths = new Definer("record", KIND_FE);

const onePath = ofOperations(oneFile | op.OP_OPEN | op.OP_RESIZE, pathOf);
const sourcePath = ofOperations(twoFiles, pathOf);
const targetPath = ofOperations(twoFiles, newPathOf);

export const argumentAttributes: readonly Attribute[] = [
  ...callArguments.map(({ name, kinds, description, read, schema }) =>
    new Definer("record", kinds, schema).text(`evt.arg.${name}`, description, read),
  ),
  new Definer("record", KINDS_OF_PROCESS).text(
    "evt.args",
    "all arguments that are known, as name=value",
    allArguments,
  ),
  newPaths.text(
    "evt.abspath",
    "path of the file that was made or changed",
    firstOf(targetPath, pathOf),
  ),
  newPaths.text("evt.abspath.src", "path that was renamed or linked to", sourcePath),
  newPaths.text("evt.abspath.dst", "path that it got", targetPath),
  paths.text("fs.path.name", "path of a call that has one", onePath),
  paths.text("fs.path.nameraw", "the same", onePath),
  newPaths.text("fs.path.source", "first path of a call that has two", sourcePath),
  newPaths.text("fs.path.sourceraw", "the same", sourcePath),
  newPaths.text("fs.path.target", "second path of a call that has two", targetPath),
  newPaths.text("fs.path.targetraw", "the same", targetPath),
];
