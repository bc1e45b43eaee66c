// "Did you mean": the known name nearest to a mistyped one, or none where nothing is near.

/** Words longer than this are not compared: the work grows with the square of the length. */
const lengthMax = 64;

/** @returns the nearest of `known`, or null where even that is a different word. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > lengthMax || word.length < 2) {
    return null;
  }
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const near = candidate.startsWith(word) ? 1 : distance(word, candidate);
    if (near < bestDistance) {
      best = candidate;
      bestDistance = near;
    }
  }
  return best;
}

/** Optimal string alignment: insert, delete, replace, or swap two neighbours, each at cost 1. */
function distance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replace, at(previous, j) + 1, at(row, j - 1) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(beforePrevious, j - 2) + 1);
      }
      row.push(cost);
    }
    beforePrevious = previous;
    previous = row;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
