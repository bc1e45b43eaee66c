// Texts that are damaged at random, for fuzzing readers of files.

/** One of the seeds with up to eight changes: something left out, repeated, or one of `pieces` put in. */
export function damagedText(
  seeds: readonly string[],
  pieces: readonly string[],
  random: () => number,
): string {
  const below = (limit: number) => Math.floor(random() * limit);
  let text = seeds[below(seeds.length)] as string;
  for (let change = below(8); change >= 0; change--) {
    const at = below(text.length + 1);
    const until = Math.min(text.length, at + below(12));
    const [before, after] = [text.slice(0, at), text.slice(at)];
    const piece = pieces[below(pieces.length)] as string;
    const kind = below(4);
    if (kind === 0) text = before + text.slice(until);
    else if (kind === 1) text = before + text.slice(at, until).repeat(1 + below(30)) + after;
    else text = before + (kind === 2 ? piece : piece.repeat(below(2000))) + after;
  }
  return text;
}
