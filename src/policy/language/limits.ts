// The bounds of policies. A rule file comes from whoever may write it: nothing in it may cost more
// than these allow. Each is named in the message that refuses what exceeds it.

export const limits = {
  /** Of one file. Falco's largest file of rules has 128 KB. */
  fileBytes: 2 * 1024 * 1024,
  /** Of one file: reading 100,000 lines of YAML takes about a second. */
  fileLines: 100_000,
  /** Of all files together. */
  totalBytes: 32 * 1024 * 1024,
  files: 1000,
  /** Folders below the given one. */
  folderDepth: 16,
  /** YAML values of a file, aliases followed. */
  yamlValues: 500_000,
  /** Maps, lists and aliases within each other. */
  yamlDepth: 64,
  items: 100_000,
  /** Of one rule, macro or list, by `append` and `override`. */
  changes: 1000,
  /** Of one condition, appended ones included. */
  conditionTokens: 100_000,
  /** Parentheses, `not` and transformers within each other. */
  conditionDepth: 200,
  /** Macros or lists that name each other. */
  nesting: 64,
  /** Comparisons of one condition, were each macro written out. */
  expandedTerms: 1_000_000,
  /** Members of one list, the lists in it included. */
  listMembers: 100_000,
  /** Of all Sigma rules of one load together: what documents and conditions repeat counts each time. */
  sigmaComparisons: 50_000,
  /** UTF-16 units of one regular expression or glob. */
  regexLength: 2000,
  /** Regular expressions of all rules: each takes a while to compile. */
  regexes: 1000,
  /** UTF-16 units of all literals that are looked for within texts, at their starts or ends. */
  patternCharacters: 2_000_000,
} as const;
