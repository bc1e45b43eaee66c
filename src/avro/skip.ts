// Passes over a value of any schema without keeping it.

import { AvroError } from "./avro-error.ts";
import type { ReadTap } from "./read-tap.ts";
import type { SchemaTree } from "./schema-tree.ts";

/** A value may contain others of its own type, and the data say how many. */
const depthMax = 64;

/** @throws AvroError where the bytes cannot be such a value */
export function skipValue(tap: ReadTap, tree: SchemaTree, depth = 0): void {
  if (depth > depthMax) {
    throw new AvroError(`a value is more than ${depthMax} deep`);
  }
  switch (tree.kind) {
    case "null":
      break;
    case "boolean":
      tap.readBoolean();
      break;
    case "int":
    case "enum":
      tap.readInt();
      break;
    case "long":
      tap.readHalves();
      break;
    case "float":
      tap.pass(4);
      break;
    case "double":
      tap.pass(8);
      break;
    case "bytes":
    case "string":
      tap.pass(tap.readLength());
      break;
    case "fixed":
      tap.pass(tree.size);
      break;
    case "union":
      skipValue(tap, branchOf(tap, tree.branches), depth + 1);
      break;
    case "array":
    case "map":
      skipItems(tap, tree, depth);
      break;
    case "record":
      for (const field of tree.fields) {
        skipValue(tap, field.type, depth + 1);
        tap.check();
      }
      break;
    default:
      tree satisfies never;
  }
}

/** Reads a union's index. @throws AvroError where it has no such branch */
export function branchOf<T>(tap: ReadTap, branches: readonly T[]): T {
  const index = tap.readInt();
  const branch = branches[index];
  if (branch === undefined) {
    throw new AvroError(`a union of ${branches.length} branches is ${index}`);
  }
  return branch;
}

function skipItems(
  tap: ReadTap,
  tree: Extract<SchemaTree, { readonly kind: "array" | "map" }>,
  depth: number,
): void {
  for (let count = tap.readItemCount(); count > 0; count = tap.readItemCount()) {
    for (let i = 0; i < count; i++) {
      if (tree.kind === "map") {
        tap.pass(tap.readLength());
      }
      skipValue(tap, tree.of, depth + 1);
    }
  }
}
