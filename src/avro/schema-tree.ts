// The schema in the header of a container file, parsed into a tree whose names are resolved. The
// file may be hostile: everything has a limit, names are looked up in maps, and no code is
// generated from them. A record may contain itself by its name, so code that walks the tree needs a
// limit of depth too.

import { AvroError } from "./avro-error.ts";

export type SchemaTree =
  | { readonly kind: Primitive }
  | { readonly kind: "fixed"; readonly name: string; readonly size: number }
  | { readonly kind: "enum"; readonly name: string; readonly symbols: readonly string[] }
  | { readonly kind: "array" | "map"; readonly of: SchemaTree }
  | { readonly kind: "union"; readonly branches: readonly SchemaTree[] }
  | RecordTree;

export interface RecordTree {
  readonly kind: "record";
  /** Without its namespace, as are all names here. */
  readonly name: string;
  readonly fields: readonly FieldTree[];
}

export interface FieldTree {
  readonly name: string;
  readonly type: SchemaTree;
}

const primitives = [
  "null",
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "bytes",
  "string",
] as const;
type Primitive = (typeof primitives)[number];

/** SysFlow's own schema has some 200 types, eight deep. */
const typesMax = 2000;
const depthMax = 32;
const fixedBytesMax = 1 << 20;
const nameShown = 40;

/**
 * Every value of the tree takes at least one byte, but null in a union's place: what could take none
 * (a field of type null, a fixed of no bytes, a record of no fields) is refused, so that reading data
 * costs no more than its length.
 * @throws AvroError where it is no schema, or one beyond those limits
 */
export function parseSchema(json: string): SchemaTree {
  let schema: unknown;
  try {
    schema = JSON.parse(json);
  } catch (cause) {
    throw new AvroError("its schema is not JSON", { cause });
  }
  return new SchemaParser().parse(schema, "", 0);
}

class SchemaParser {
  /** Named types by full name. */
  readonly #named = new Map<string, SchemaTree>();
  #types = 0;

  /** @param namespace that of the type around it */
  parse(schema: unknown, namespace: string, depth: number): SchemaTree {
    this.#types += 1;
    if (this.#types > typesMax || depth > depthMax) {
      throw unsupported(
        `its schema has more than ${typesMax} types, or one more than ${depthMax} deep`,
      );
    }
    if (typeof schema === "string") {
      return this.#reference(schema, namespace);
    }
    if (Array.isArray(schema)) {
      return { kind: "union", branches: this.#branches(schema, namespace, depth) };
    }
    if (schema === null || typeof schema !== "object") {
      throw unsupported("its schema has a type that is neither a name nor an object");
    }
    return this.#complex(schema as Node, namespace, depth);
  }

  #branches(branches: readonly unknown[], namespace: string, depth: number): SchemaTree[] {
    const trees = branches.map(
      (branch): SchemaTree =>
        branch === "null" ? { kind: "null" } : this.parse(branch, namespace, depth + 1),
    );
    // As the specification says, which also keeps resolving it from taking long.
    const isDistinct = trees.every(
      (tree, index) =>
        tree.kind !== "union" &&
        trees.findIndex((each) => each === tree || isSameUnnamed(each, tree)) === index,
    );
    if (!isDistinct) {
      throw unsupported("its schema has a union with the same type twice, or one in another");
    }
    return trees;
  }

  #complex(node: Node, namespace: string, depth: number): SchemaTree {
    const { type } = node;
    switch (type) {
      case "array":
        return { kind: "array", of: this.parse(node["items"], namespace, depth + 1) };
      case "map":
        return { kind: "map", of: this.parse(node["values"], namespace, depth + 1) };
      case "record":
      case "error":
        return this.#record(node, namespace, depth);
      case "enum":
        return this.#define(node, namespace, {
          kind: "enum",
          name: nameOf(node),
          symbols: list(node["symbols"], "symbols").map((symbol) => text(symbol, "a symbol")),
        });
      case "fixed":
        return this.#define(node, namespace, {
          kind: "fixed",
          name: nameOf(node),
          size: fixedSize(node["size"]),
        });
      default:
        // A type with an annotation, such as a logical type.
        return this.parse(type, namespace, depth + 1);
    }
  }

  #record(node: Node, namespace: string, depth: number): SchemaTree {
    const fields: FieldTree[] = [];
    const record: RecordTree = { kind: "record", name: nameOf(node), fields };
    // Before its fields, which may refer to it.
    this.#define(node, namespace, record);
    const inner = namespaceOf(node, namespace);
    for (const field of list(node["fields"], "fields")) {
      const { name, type } = (field ?? {}) as Node;
      fields.push({
        name: text(name, "the name of a field"),
        type: this.parse(type, inner, depth + 1),
      });
    }
    const names = new Set(fields.map(({ name }) => name));
    if (names.size < fields.length || names.size === 0) {
      const what = names.size === 0 ? "no field" : "two fields of one name";
      throw unsupported(`its schema has a record with ${what}, ${shown(record.name)}`);
    }
    return record;
  }

  #define(node: Node, namespace: string, tree: SchemaTree): SchemaTree {
    const name = givenName(node);
    const space = namespaceOf(node, namespace);
    const fullName = name.includes(".") || space === "" ? name : `${space}.${name}`;
    if (this.#named.has(fullName)) {
      throw unsupported(`its schema defines ${shown(fullName)} twice`);
    }
    this.#named.set(fullName, tree);
    return tree;
  }

  #reference(name: string, namespace: string): SchemaTree {
    const primitive = primitives.find((each) => each === name);
    if (primitive === "null") {
      throw unsupported("its schema has a field of type null");
    }
    if (primitive !== undefined) {
      return { kind: primitive };
    }
    const inSpace = name.includes(".") ? undefined : this.#named.get(`${namespace}.${name}`);
    const found = inSpace ?? this.#named.get(name);
    if (found === undefined) {
      throw unsupported(`its schema names a type that it does not define, ${shown(name)}`);
    }
    return found;
  }
}

type Node = Readonly<Record<string, unknown>>;

function isSameUnnamed(a: SchemaTree, b: SchemaTree): boolean {
  return a.kind === b.kind && a.kind !== "record" && a.kind !== "enum" && a.kind !== "fixed";
}

function nameOf(node: Node): string {
  const name = givenName(node);
  return name.slice(name.lastIndexOf(".") + 1);
}

/** With a namespace where it was given with one. */
function givenName(node: Node): string {
  return text(node["name"], "a name");
}

/** What the names inside a named type are relative to. */
function namespaceOf(node: Node, around: string): string {
  const name = givenName(node);
  if (name.includes(".")) {
    return name.slice(0, name.lastIndexOf("."));
  }
  return typeof node["namespace"] === "string" ? node["namespace"] : around;
}

function fixedSize(size: unknown): number {
  if (!Number.isInteger(size) || (size as number) < 1 || (size as number) > fixedBytesMax) {
    throw unsupported(`its schema has a fixed that is not of 1 to ${fixedBytesMax} bytes`);
  }
  return size as number;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw unsupported(`its schema has a type without a list of ${what}`);
  }
  return value;
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string") {
    throw unsupported(`${what} in its schema is no text`);
  }
  return value;
}

/** Fit for a message: whoever made the file chose the name. */
export function shown(name: string): string {
  return JSON.stringify(name.length > nameShown ? `${name.slice(0, nameShown)}…` : name);
}

function unsupported(message: string): AvroError {
  return new AvroError(message, { fault: "unsupported" });
}
