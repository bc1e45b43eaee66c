// The order of the files in a folder: that of their names, with a run of digits taken as a number, so
// that names with a time of other width, or none before it, stand as they were written.

/** For sorting. */
export function byStamp(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const compare = i % 2 === 0 ? compareTexts : compareDigits;
    const order = compare(left[i] as string, right[i] as string);
    if (order !== 0) {
      return order;
    }
  }
  // Names that differ in leading zeros alone, if at all.
  return left.length - right.length || compareTexts(a, b);
}

/** Texts and digits in turn, a text first, be it empty. */
function parts(name: string): readonly string[] {
  return name.split(/([0-9]+)/);
}

function compareDigits(a: string, b: string): number {
  const [left, right] = [withoutZeros(a), withoutZeros(b)];
  return left.length - right.length || compareTexts(left, right);
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+/, "");
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
