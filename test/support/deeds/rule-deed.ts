// What a table of deeds says of one rule: a deed that it sees, and one close by that it must not see.

export interface RuleDeed {
  readonly rule: string;
  /** A script as in stage.ts that the rule fires at; or several, at each of which it fires. */
  readonly does: string | readonly string[];
  /** One that differs in what matters, at which no other rule fires either. */
  readonly near: string;
  /** Both are done in a container; or the first alone, or in a privileged one, where that matters. */
  readonly where?: "container" | "deed in a container" | "privileged container";
  /** Other rules of the set that fire at the deed, too. */
  readonly also?: readonly string[];
  /** How often it fires at one deed; once where absent. */
  readonly times?: number;
  /** Others that fire at the one close by. */
  readonly nearFires?: readonly string[];
}

export function scriptsOf({ does }: RuleDeed): readonly string[] {
  return typeof does === "string" ? [does] : does;
}
