// Where our private apt looks: derived from whatever form the machine's own sources have.
// These are the forms found on installed machines, cloud images and containers.

import { describe, expect, test } from "bun:test";
import {
  mainArchive,
  parseDeb822,
  parseOneLine,
  stanza,
} from "../../build/packages/debian-source.ts";

const container = `Types: deb
# A comment between the fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

const installer = `# deb cdrom:[Debian GNU/Linux 12]/ bookworm main
deb http://mirror.example/debian/ bookworm main non-free-firmware  # the archive
deb-src http://mirror.example/debian/ bookworm main
deb http://mirror.example/security bookworm-security main
`;

const cloud = `Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: bookworm bookworm-updates bookworm-backports
Components: main
`;

const foldedKey = `Types: deb
URIs: http://mirror.example/debian
Suites: stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY
 -----END PGP PUBLIC KEY BLOCK-----
`;

const deb822 = (text: string) => mainArchive(parseDeb822(text), "bookworm");
const oneLine = (text: string) => mainArchive(parseOneLine(text), "bookworm");

describe("the machine's main archive", () => {
  test.each([
    ["a container", deb822(container), ["http://mirror.example/debian"]],
    ["an installed machine", oneLine(installer), ["http://mirror.example/debian/"]],
    ["a cloud image", deb822(cloud), ["mirror+file:///etc/apt/mirrors/debian.list"]],
    ["the release's other name", deb822(foldedKey), ["http://mirror.example/debian"]],
  ])("of %s", (_name, archive, uris) => {
    expect(archive?.uris).toEqual(uris);
  });

  test.each([
    ["nothing", deb822("")],
    ["a disabled stanza", deb822(`Enabled: no\n${container.split("\n\n")[0]}`)],
    ["another release", deb822(container.replaceAll("bookworm", "trixie"))],
    ["security alone", oneLine("deb http://mirror.example/s bookworm-security main\n")],
    ["a third party's", oneLine("deb http://mirror.example/apt bookworm stable\n")],
    ["a commented line", oneLine("# deb http://mirror.example/debian bookworm main\n")],
  ])("is not %s", (_name, archive) => {
    expect(archive).toBeNull();
  });
});

describe("our stanza", () => {
  test("changes type and suite, keeps place and key", () => {
    const archive = deb822(container);
    expect(archive && stanza(archive, "deb-src", "trixie")).toBe(
      "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\n" +
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    );
  });

  test("keeps one-line options that decide about trust, and no others", () => {
    const line =
      "deb [arch=amd64 signed-by=/k.gpg trusted=yes] http://mirror.example/d bookworm main";
    const archive = oneLine(line);
    expect(archive && stanza(archive, "deb", "bookworm")).toBe(
      "Types: deb\nURIs: http://mirror.example/d\nSuites: bookworm\nComponents: main\n" +
        "Signed-By: /k.gpg\nTrusted: yes\n",
    );
  });

  test("keeps a key that stands in the file itself, folded as it was", () => {
    const archive = deb822(foldedKey);
    const text = archive === null ? "" : stanza(archive, "deb-src", "trixie");
    expect(parseDeb822(text)[0]?.options).toEqual(archive?.options ?? new Map());
    expect(text).toContain("\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY\n");
  });
});
