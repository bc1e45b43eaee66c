// Why an input was not read to its end. A class of its own, so that it is never taken for an error of
// those who receive the records: that one is theirs, and ends the reading.

import { OperatorError } from "../base/errors.ts";

export class InputFault extends OperatorError {}
