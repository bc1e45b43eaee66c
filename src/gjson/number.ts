// Numbers as Go reads and writes them, which is how GJSON has them: hexadecimal, underscores and
// infinities are read, and no exponent is ever written.

// None has a part that can be matched in two ways, and none repeats a group: outsiders' numbers may
// be as long as a document.
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?p([+-]?\d+)$/i;
const INFINITE = /^[+-]?inf(inity)?$/i;
/** An underscore stands between digits, or after the prefix of a hexadecimal number. */
const MISPLACED = /(?<!\d)_|_(?!\d)/;
const MISPLACED_IN_HEXADECIMAL = /(?<![0-9a-fx])_|_(?![0-9a-f])/i;

/** 0 for what is no number, an infinity for what is too large. */
export function readNumber(text: string): number {
  if (text.includes("_")) {
    const misplaced = /^[+-]?0x/i.test(text) ? MISPLACED_IN_HEXADECIMAL : MISPLACED;
    return misplaced.test(text) ? 0 : readNumber(text.replaceAll("_", ""));
  }
  if (DECIMAL.test(text)) {
    return Number(text);
  }
  if (INFINITE.test(text)) {
    return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  return /^nan$/i.test(text) ? Number.NaN : readHexadecimal(text);
}

function readHexadecimal(text: string): number {
  const [, sign, whole = "", fraction = "", exponent = ""] = HEXADECIMAL.exec(text) ?? [];
  const digits = whole + fraction;
  if (digits === "") {
    return 0;
  }
  const size = Number(`0x${digits}`) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -size : size;
}

/** The fewest digits that mean this double, without an exponent. */
export function writeNumber(value: number): string {
  if (Number.isNaN(value)) {
    return "NaN";
  }
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (!Number.isFinite(value)) {
    return sign === "" ? "+Inf" : "-Inf";
  }
  const [digits = "", exponent] = String(Math.abs(value)).split("e");
  return sign + (exponent === undefined ? digits : withPoint(digits, Number(exponent)));
}

/** JavaScript writes an exponent where no digit stands between the others and the point. */
function withPoint(digits: string, exponent: number): string {
  const [whole = "", fraction = ""] = digits.split(".");
  const point = whole.length + exponent;
  return exponent < 0
    ? `0.${"0".repeat(-point)}${whole}${fraction}`
    : `${whole}${fraction}`.padEnd(point, "0");
}
