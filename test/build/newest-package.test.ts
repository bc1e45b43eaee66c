// What is read of apt's words on a package that is not pinned.

import { expect, test } from "bun:test";
import type { Place } from "../../build/packages/debian-source.ts";
import { parseStanza } from "../../build/packages/newest-package.ts";

const place: Place = { kind: "binary", suite: "trixie" };

test("names of what it depends on, of alternatives the first", () => {
  const text = [
    "Package: linux-image-7.3.4+deb13-cloud-amd64",
    "Version: 7.3.4-1~bpo13+1",
    "Pre-Depends: dpkg (>= 1.19)",
    "Depends: dracut | initramfs-tools (>= 0.120), linux-binary-7.3.4+deb13-cloud-amd64 (= 7.3.4-1)",
    "Size: 1928",
    "SHA256: 0123abcd",
    "",
  ].join("\n");
  expect(parseStanza(place, text)).toEqual({
    place,
    name: "linux-image-7.3.4+deb13-cloud-amd64",
    version: "7.3.4-1~bpo13+1",
    sha256: "0123abcd",
    depends: ["dracut", "linux-binary-7.3.4+deb13-cloud-amd64"],
  });
});

test("a package that depends on nothing, and one that apt knows no hash of", () => {
  const text = "Package: busybox-static\nVersion: 1:1.37\nSHA256: ff\n";
  expect(parseStanza(place, text).depends).toEqual([]);
  expect(() => parseStanza(place, "Package: a\nVersion: 1\n")).toThrow("without SHA256");
});
