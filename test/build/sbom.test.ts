// The bill of materials as CycloneDX 1.5 has it, that the same inputs give the same bytes, and sums
// that sha256sum accepts.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256File } from "../../build/base/cache.ts";
import { run } from "../../build/base/run.ts";
import type { Component } from "../../build/ship/component.ts";
import type { Contents } from "../../build/ship/contents.ts";
import { sbom, sourceTime, writeSbom, writeSums } from "../../build/ship/sbom.ts";

const HASH = "ab".repeat(32);
const NONE = { archives: [], notice: null, parts: [] } as const;

const PART: Component = {
  name: "engine",
  version: "c0ffee",
  packageVersion: "c0ffee",
  license: null,
  purl: null,
  role: "runtime",
  ...NONE,
};
const RUNTIME: Component = {
  ...PART,
  name: "Run",
  version: "1.0",
  packageVersion: "1.0",
  license: "MIT",
  purl: "pkg:npm/%40a/run@1.0",
  archives: [{ name: "a-run-1.0.tgz", algorithm: "SHA-512", hash: "cd".repeat(64) }],
  parts: [PART],
};
const LIBRARY: Component = {
  ...PART,
  name: "lib",
  version: "2",
  packageVersion: "1:2-3",
  license: "Zlib OR (MIT AND ISC)",
  purl: "pkg:deb/debian/lib@1%3A2-3?arch=source",
  role: "linked",
  archives: [{ name: "lib_2+dfsg.orig.tar.gz", algorithm: "SHA-256", hash: HASH }],
};
const CONTENTS: Contents = {
  version: "0.1.0",
  commit: "0123456789abcdef",
  target: "x86_64-linux-musl",
  cpu: "any",
  runtime: RUNTIME,
  libc: { ...LIBRARY, name: "libc", purl: "pkg:deb/debian/libc@1" },
  components: [LIBRARY],
};

/** The fields of CycloneDX 1.5 that are checked here. */
interface Listed {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly "bom-ref": string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[];
  readonly components?: readonly Listed[];
}

const bill = sbom(CONTENTS, HASH, 1_700_000_000);
const listed = bill.components as readonly Listed[];
const everything = listed.flatMap((one) => [one, ...(one.components ?? [])]);

describe("the bill of materials", () => {
  test("opens as the schema requires", () => {
    expect(bill.bomFormat).toBe("CycloneDX");
    expect(bill.specVersion).toBe("1.5");
    expect(bill.version).toBe(1);
    expect(bill.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(bill.metadata).toMatchObject({ timestamp: "2023-11-14T22:13:20Z" });
  });

  test("is of the executable, by its hash", () => {
    expect(bill.metadata.component.hashes).toEqual([{ alg: "SHA-256", content: HASH }]);
    expect(bill.metadata.component.type).toBe("application");
  });

  test("gives each component a type, a name, a version and one reference", () => {
    const types = ["application", "framework", "library", "platform", "operating-system", "file"];
    for (const { type, name, version } of everything) {
      expect(types).toContain(type);
      expect(`${name}@${version}`).toMatch(/.@./);
    }
    const references = everything.map((one) => one["bom-ref"]);
    expect(new Set(references).size).toBe(references.length);
  });

  test("has Debian's version, which scanners compare, and not upstream's", () => {
    expect(listed.map(({ name, version }) => `${name} ${version}`)).toContain("lib 1:2-3");
  });

  test("leaves out a licence that nobody stated, and never gives an empty list", () => {
    const [runtime] = listed;
    expect(runtime?.licenses).toEqual([{ expression: "MIT" }]);
    expect(runtime?.components?.[0]).not.toHaveProperty("licenses");
    expect(JSON.stringify(bill)).not.toContain("[]");
  });

  test("names archives by a reference that is a URL without a host", () => {
    const urls = everything.flatMap(({ externalReferences = [] }) => externalReferences);
    expect(urls.map(({ url }) => url)).toEqual([
      "a-run-1.0.tgz",
      "lib_2+dfsg.orig.tar.gz",
      "lib_2+dfsg.orig.tar.gz",
    ]);
    for (const { type } of urls) expect(type).toBe("distribution");
  });

  test("depends on components that it has", () => {
    const known = [bill.metadata.component["bom-ref"], ...everything.map((one) => one["bom-ref"])];
    const named = bill.dependencies.flatMap((row) => [
      row.ref,
      ...("dependsOn" in row ? row.dependsOn : []),
      ...bill.compositions.flatMap(({ assemblies }) => assemblies),
    ]);
    expect(named.filter((reference) => !known.includes(reference))).toEqual([]);
  });

  test("is the same for the same inputs, and its number another for others", () => {
    expect(JSON.stringify(sbom(CONTENTS, HASH, 1_700_000_000))).toBe(JSON.stringify(bill));
    const others = [
      sbom(CONTENTS, "00".repeat(32), 1_700_000_000),
      sbom({ ...CONTENTS, commit: "fedcba9876543210" }, HASH, 1_700_000_000),
      sbom(CONTENTS, HASH, null),
    ];
    const numbers = new Set([bill, ...others].map(({ serialNumber }) => serialNumber));
    expect(numbers.size).toBe(4);
  });
});

describe("the files beside the executable", () => {
  let folder = "";
  const paths = () => ({ executable: join(folder, "sysflow"), out: join(folder, "a.cdx.json") });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sbom-test-"));
    await Bun.write(paths().executable, "program");
  });
  afterAll(async () => await rm(folder, { recursive: true }));

  test("are what sha256sum finds", async () => {
    const { executable, out } = paths();
    expect(await writeSbom({ contents: CONTENTS, time: null, ...paths() })).toBe(out);
    expect(await Bun.file(out).text()).toContain(await sha256File(executable));
    await writeSums([executable, out], join(folder, "SHA256SUMS"));
    const said = await run(["sha256sum", "--strict", "--check", "SHA256SUMS"], { cwd: folder });
    expect(said).toBe("sysflow: OK\na.cdx.json: OK\n");
    await Bun.write(executable, "another");
    await expect(run(["sha256sum", "--check", "SHA256SUMS"], { cwd: folder })).rejects.toThrow(
      "sysflow: FAILED",
    );
  });

  test("are in one folder", async () => {
    const sums = writeSums([paths().executable], join(folder, "other/SHA256SUMS"));
    await expect(sums).rejects.toThrow("is not in the folder of");
  });
});

describe("the time of the sources", () => {
  const before = process.env["SOURCE_DATE_EPOCH"];
  afterAll(() => {
    if (before === undefined) delete process.env["SOURCE_DATE_EPOCH"];
    else process.env["SOURCE_DATE_EPOCH"] = before;
  });

  test("is SOURCE_DATE_EPOCH where that is set, and must be a number", async () => {
    process.env["SOURCE_DATE_EPOCH"] = "1234567890";
    expect(await sourceTime("/")).toBe(1234567890);
    process.env["SOURCE_DATE_EPOCH"] = "yesterday";
    await expect(sourceTime("/")).rejects.toThrow("SOURCE_DATE_EPOCH=yesterday is not in seconds");
  });

  test("is absent outside git", async () => {
    delete process.env["SOURCE_DATE_EPOCH"];
    expect(await sourceTime("/")).toBeNull();
  });
});
