// `sysflow version [--json | --licenses | --schema VERSION]`.

import { buildNotices } from "../../base/build-contents.ts";
import { OperatorError } from "../../base/errors.ts";
import { libraries, versions, versionText } from "../../run/versions.ts";
import { sysFlowSchemaJson } from "../../sysflow/schema.ts";
import { print } from "../standard-streams.ts";

/** @param json with everything that is inside, beside what the line says */
export async function runVersion(json: boolean): Promise<void> {
  const of = await versions();
  const text = json ? JSON.stringify({ ...of, libraries: libraries() }) : versionText(of);
  await print(`${text}\n`);
}

/** Prints an Avro schema in one line, as it stands in the files of that version. */
export async function runSchema(version: "5" | "6"): Promise<void> {
  await print(`${sysFlowSchemaJson(version === "5" ? 5 : 6)}\n`);
}

/** Prints the licences and their texts. @throws OperatorError when run from sources */
export async function runLicenses(): Promise<void> {
  const text = await buildNotices();
  if (text === null) {
    throw new OperatorError(
      "NOTICES_MISSING",
      "cannot print the licences: they are in the executable, and this runs from sources; " +
        "build it with: npm run build",
    );
  }
  await print(text);
}
