// The version of the program and the library: the one place where package.json's is read.

import { version as packageVersion } from "../../package.json" with { type: "json" };

export const version: string = packageVersion;
