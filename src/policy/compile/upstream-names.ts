// Names that upstream's documentation or its own rules use for attributes that its program never had:
// mistyped, or given up. To upstream each is a text. Its rules must load unchanged, so these are no
// errors as other unknown names are: they have no value in any record, and that is told.

/** With the name that is meant, or null where there is nothing like it. */
const meant: ReadonlyMap<string, string | null> = new Map([
  ["sf.container.image.id", "sf.container.imageid"],
  ["sf.file.typechar", "sf.file.type"],
  ["sf.is_open_write", "sf.file.is_open_write"],
  ["sf.net.mask", null],
  ["sf.net.sockfamily", null],
  ["sf.poc.name", "sf.proc.name"],
  ["sf.proc.username", "sf.proc.user"],
  ["sf.prog.args", "sf.proc.args"],
  ["sf-process.args", "sf.proc.args"],
  ["sf.res", "sf.ret"],
  ["sf.schema.version", "sf.meta.schema"],
  ["sf.state", "sf.opflags"],
  ["sf.version", "sf.meta.schema"],
  ["srf.proc.name", "sf.proc.name"],
]);

/** What is said of such a name; null for all others. */
export function upstreamNameNote(name: string): string | null {
  const intended = meant.get(name);
  if (intended === undefined) {
    return null;
  }
  const hint = intended === null ? "" : `; did you mean ${intended}?`;
  return `${name} stands in upstream's rules and was never an attribute: it has no value${hint}`;
}
