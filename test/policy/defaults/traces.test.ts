// The program's rules over upstream's traces: the attack in one of them is seen, all else is silent.

import { expect, test } from "bun:test";
import { defaultPolicyFiles } from "../../../src/policy/defaults/default-policies.ts";
import { hasReference, referenceFiles, referencePath } from "../../support/captures/reference.ts";
import { firedAt } from "../../support/deeds/fired.ts";

if (!hasReference) test.skip("rules over traces: upstream's data is absent", () => {});

const traces = [...referenceFiles("traces", ".sf"), ...referenceFiles("captures", ".sysporter.sf")];

const attacks: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "traces/shellshock.sf": { "Web server starts a shell": 1, "Web server looks around": 1 },
};

test.each(traces)("%s", async (trace) => {
  const { inAll } = await firedAt(referencePath(trace), defaultPolicyFiles(), []);
  expect(inAll).toEqual(attacks[trace] ?? {});
});
