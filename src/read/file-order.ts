// The order in which the files of a folder are read: by their names, with each run of digits
// compared as a number. So names stay in the order in which they were written when their times have
// different numbers of digits.

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
