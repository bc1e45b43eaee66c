// Each attribute's value at sample records, against those of upstream's processor: in its mode all are
// equal, in ours all but those that a mended defect changes.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Attribute, AttributeMode } from "../../src/flatten/attribute.ts";
import { beginFlattening, findAttribute } from "../../src/flatten/registry.ts";
import type { JoinedRecord } from "../../src/join/joined-record.ts";
import { hasReference, referencePath } from "../support/captures/reference.ts";
import { atRecordsOf } from "../support/flatten/at-records.ts";

interface Sample {
  readonly trace: string;
  readonly record: number;
  readonly str: Readonly<Record<string, string>>;
  readonly int: Readonly<Record<string, number>>;
}

/** Integers that a double has no room for become texts. */
function samples(): readonly Sample[] {
  const lines = readFileSync(referencePath("golden/attribute-values.jsonl"), "utf8").trim();
  return lines
    .split("\n")
    .map((line) => JSON.parse(line.replace(/:(-?\d{16,})(?=[,}])/g, ':"$1"')) as Sample);
}

async function atSamples(at: (joined: JoinedRecord, sample: Sample) => void): Promise<number> {
  const all = samples();
  const observe = beginFlattening("sysflow");
  let seen = 0;
  for (const trace of new Set(all.map((each) => each.trace))) {
    const path = ["traces", "captures"]
      .map((folder) => referencePath(`${folder}/${trace}`))
      .find((each) => Bun.file(each).size > 0);
    await atRecordsOf(path ?? trace, (joined, index) => {
      observe(joined);
      const sample = all.find((each) => each.trace === trace && each.record === index);
      if (sample !== undefined) {
        seen += 1;
        at(joined, sample);
      }
    });
  }
  return all.length - seen;
}

function find(name: string, mode: AttributeMode): Attribute {
  const found = findAttribute(name, mode);
  if (found === undefined) {
    throw new Error(`there is no attribute ${name}`);
  }
  return found;
}

test.skipIf(!hasReference)("upstream's mode gives upstream's texts and numbers", async () => {
  const wrong: string[] = [];
  let compared = 0;
  const missed = await atSamples((joined, { trace, record, str, int }) => {
    for (const [name, text] of Object.entries(str)) {
      const attribute = find(name, "sysflow");
      const is = attribute.text(joined);
      // Its integer accessor gives 0 for what is no 64-bit integer.
      const number =
        attribute.type === "time" ? attribute.text(joined) : (attribute.number?.(joined) ?? 0);
      compared += 2;
      if (is !== text) {
        wrong.push(
          `${trace} ${record} ${name}: ${JSON.stringify(is)}, not ${JSON.stringify(text)}`,
        );
      }
      if (Number(number) !== Number(int[name])) {
        wrong.push(`${trace} ${record} ${name}: the number ${number}, not ${int[name]}`);
      }
    }
  });
  expect(wrong).toEqual([]);
  expect({ missed, compared }).toEqual({ missed: 0, compared: 55 * 143 * 2 });
});

/** What upstream gives where a record has nothing: the zero of a place, or what is made of one. */
const zeros = new Set([
  ...["", "0", "false", "\0", ".", " ", "0,0", "0.0.0.0", "0.0.0.0,0.0.0.0", "NONE", ">,<"],
  ...["DOCKER", "K8S_COMPONENT_ADDED", "K8S_NODES", "KE", "392abdfb220ee462"],
]);

interface Difference {
  readonly name: string;
  /** Kind of the record. */
  readonly type: string;
  readonly upstream: string;
  readonly ours: string | null;
}

/** In Falco's words these are other things than upstream gives by their names. */
const falcoNames: Readonly<Record<string, string>> = {
  "container.id": "host outside containers",
  "container.image": "the tag once",
  "container.name": "host outside containers",
  "container.privileged": "a truth, not a number",
  "container.type": "lower case; host outside containers",
  "evt.arg.uid": "the call's argument, not the process's user",
  "evt.rawres": "the result, not the kind of record",
  "evt.type": "events, not operations",
  "fd.cproto": "the port's service, not the protocol",
  "fd.directory": "of files alone",
  "fd.filename": "of files alone",
  "fd.l4proto": "a name, not a number",
  "fd.lproto": "the port's service, not the protocol",
  "fd.name": "the full path, or both ends",
  "fd.proto": "the ports' services, not the protocol",
  "fd.rproto": "the port's service, not the protocol",
  "fd.sip": "the server's, not the client's",
  "fd.sport": "the server's, not the client's",
  "fd.sproto": "the port's service, not the protocol",
  "fd.typechar": "of sockets too",
  "proc.aname": "without the process itself",
  "proc.apid": "without the process itself",
  "proc.cmdline": "the name and the arguments",
  "proc.createtime": "the process's own, not the parent's",
  "proc.pcmdline": "the name and the arguments",
  "proc.pname": "15 characters at most",
  "proc.ptty": "a number, not a truth",
  "proc.tty": "the process's own, and a number",
};

/** Each mended defect, by its number in the list of upstream's (§5), and whether it is one of it. */
const mended: Readonly<Record<string, (of: Difference) => boolean>> = {
  "2: the name of nothing is a dot": ({ upstream, ours }) => upstream === "." && ours === "",
  "4: places shared with other kinds": ({ name, type, ours }) =>
    ours === null &&
    ((type === "FF" && /^(sf\.net|fd)\.s?ip$/.test(name)) ||
      (type === "NF" && /(openflags|is_open_(read|write))$/.test(name)) ||
      (type === "FE" && /^(sf\.flow\.[rw]ops|sf\.file\.fd|fd\.num)$/.test(name))),
  "5: doubled counters": ({ name, upstream, ours }) =>
    name.startsWith("sf.flow.") && ours !== null && BigInt(upstream) === 2n * BigInt(ours),
  "4.5: parents as they were first": ({ name, type }) =>
    type === "PE" && /^sf\.proc\.a(name|exe|cmdline)$/.test(name),
  "Falco's names": ({ name }) => Object.hasOwn(falcoNames, name),
  "4, 6, 7: a zero where there is no value": ({ upstream, ours }) =>
    ours === null && zeros.has(upstream),
};

/** In our mode they are not there, and why. */
const gone: Readonly<Record<string, string>> = {
  "proc.pgid": "in Falco's words a group of processes, which records do not have",
  "sf.pod.hostip+": "cannot be written in a rule",
  "sf.pod.internalip+": "cannot be written in a rule",
  "sf.pod.services+": "cannot be written in a rule",
};

test.skipIf(!hasReference)("ours gives the same but for mended defects", async () => {
  const used = new Set<string>();
  const wrong: Difference[] = [];
  let equal = 0;
  await atSamples((joined, { str }) => {
    for (const [name, upstream] of Object.entries(str)) {
      if (Object.hasOwn(gone, name)) {
        expect(findAttribute(name, "default")).toBeUndefined();
        continue;
      }
      const ours = find(name, "default").text(joined);
      const difference = { name, type: str["sf.type"] ?? "", upstream, ours };
      const [reason] = Object.entries(mended).find(([, isOne]) => isOne(difference)) ?? [];
      if (ours === upstream) {
        equal += 1;
      } else if (reason === undefined) {
        wrong.push(difference);
      } else {
        used.add(reason === "Falco's names" ? name : reason);
      }
    }
  });
  expect(wrong).toEqual([]);
  const own = Object.keys(mended).filter((each) => each !== "Falco's names");
  expect([...used].sort()).toEqual([...own, ...Object.keys(falcoNames)].sort());
  expect(equal).toBeGreaterThan(3000);
});
