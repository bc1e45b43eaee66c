// The error for an input that could not be read to its end. It is a class of its own, so that it is
// never mixed up with an error of the code that receives the records; such an error ends the
// reading.

import { OperatorError } from "../base/errors.ts";

export class InputFault extends OperatorError {}
