// The error for a fault in an Avro container file. Its text says what is wrong and is made to stand
// inside a longer message: the code that reads the file for an operator adds where the file is and
// what to do.

export type AvroFault =
  /** No container file at all. */
  | "foreign"
  /** The file ends before what it begins. */
  | "cut"
  /** Something in it is not as the Avro specification says, or beyond what is read. */
  | "damaged"
  /** A codec or a schema that is not read. */
  | "unsupported";

export class AvroError extends Error {
  readonly fault: AvroFault;

  /**
   * @param message a clause without a full stop, such as `a long has more than 64 bits`
   * @param options the fault is "damaged" where it is absent
   */
  constructor(
    message: string,
    options: { readonly fault?: AvroFault; readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "AvroError";
    this.fault = options.fault ?? "damaged";
  }
}
