// Regular expressions of operators, in time linear in the text: RE2's syntax, by re2js. It is loaded
// when the first rule uses one, since it takes 5 MB and some milliseconds.

export interface Regex {
  /** Whether it matches the whole text, as Falco has it. */
  matches(text: string): boolean;
}

/** Null where the pattern is no regular expression; `why` then says so. */
export type MakeRegex = (pattern: string) => Regex | { readonly why: string };

export async function loadRegex(): Promise<MakeRegex> {
  const { RE2JS } = await import("re2js");
  return (pattern) => {
    try {
      const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
      return { matches: (text) => compiled.matches(text) };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // The flag for DOTALL, which nobody wrote.
      return { why: why.replace("`(?s)", "`") };
    }
  };
}
