// Debian packages that are unpacked into the cache and used from there, each at one exact version: what
// decides the bytes of the executables must not depend on the release that the machine runs. All are
// of Debian 12, whose main archive no longer changes, and run with the C library of any later one.

import type { PinnedPackage } from "../packages/debian-source.ts";

/** Packages whose upstream version changes within a release, so that another one of it must do. */
const MOVING = ["base-files", "bpftool", "linux-libc-dev"];

/** GCC and binutils for this machine, and what its programs are compiled against. */
export const GCC_X86_64 = pins(`
  gcc-12 12.2.0-14+deb12u1 amd64
    b46f33cc2ec245e435e043807038cecf4b201ef004800e9dfc1455240360e49d
  cpp-12 12.2.0-14+deb12u1 amd64
    fedbb98e877adde83c983c6071537ea25ac52b277ac6e4637d85025949ca1454
  g++-12 12.2.0-14+deb12u1 amd64
    68b182badae4ace7d472f1393c559d3532a95a2d70817498b10bb481d2627251
  libgcc-12-dev 12.2.0-14+deb12u1 amd64
    d720259380a84f2ffc6fe516eff5cbe9c8a005138e8d6a5748747ba4b3404a82
  binutils-x86-64-linux-gnu 2.40-2 amd64
    2d7ea8a570d768224d7f2424abbe6f373d2154865a1fa7f56c80d43ecf492521
  libctf0 2.40-2 amd64
    3fb7b6f326be3fae4a87a3d33b9269bd06c1e4346a24bd737f265067e3b7427f
  libc6-dev 2.36-9+deb12u14 amd64
    0218fc2befcd784c1b0c6292c0a137ce89fad054efaa579ad083bee0f2c01aae
  linux-libc-dev 6.1.176-1 amd64
    8bb258735b9dffbb111da778ebdd024750878e435ffd9dfcadcb6762ede6b4cf
`);

/** The same for s390x. */
export const GCC_S390X = pins(`
  gcc-12-s390x-linux-gnu 12.2.0-14cross1 amd64
    1cecccae127822bad6104b1c9567605d63f01f582b2b435f0e912762a10cd5dd
  cpp-12-s390x-linux-gnu 12.2.0-14cross1 amd64
    b312f2b349cf2f56ea791f9ba2bd19871a632b272d06a038f19fd46d1b740362
  g++-12-s390x-linux-gnu 12.2.0-14cross1 amd64
    ed4334bbb837da192da6c0e203d5455dfefdd485a493d97d24815484e0161f08
  libgcc-12-dev-s390x-cross 12.2.0-14cross1 all
    31098fed78fa7e5ecce1537e2bae36e02ccfafecb41e8eb1a1ee12408fede926
  libgcc-s1-s390x-cross 12.2.0-14cross1 all
    d12c506246b195adb4f3795615223e41d02b2878b75d5d943d0f5a19c060b686
  libstdc++-12-dev-s390x-cross 12.2.0-14cross1 all
    1237f851edeff5f6880eed2a7778fc4848a6d50078fe533026121e710ef312a5
  libstdc++6-s390x-cross 12.2.0-14cross1 all
    3fea423e66274c00d8c4d045b4b7404cb8c4cc42b4158477c68e2c5485fc016e
  libc6-s390x-cross 2.36-8cross1 all
    d1680ee6344fca9fa4995dbed2bab82a96d464a8f78ff29c4438995d8fa792d0
  libc6-dev-s390x-cross 2.36-8cross1 all
    5e81a793a2eadfa98e75600c4821ac5d4a1a8b71a94bde2a391050449bd3fddb
  linux-libc-dev-s390x-cross 6.1.4-1cross1 all
    310ef1eb40dd8f06a1cde7a2c8254eb1bb5ab38cce37647593fed7a5a7ac01fc
  binutils-s390x-linux-gnu 2.40-2 amd64
    9c7737cab7d917581cf0bc875e7f360cdd40a6fa172376bea3a6911950fda599
`);

/** What GCC and binutils link. */
export const GCC_LIBRARIES = pins(`
  libbinutils 2.40-2 amd64
    fcf55b99e5f8a78f3c8ce9b6957f1024f394cf20c196b100d308a57e43547710
  libgmp10 2:6.2.1+dfsg1-1.1 amd64
    187aedef2ed763f425c1e523753b9719677633c7eede660401739e9c893482bd
  libisl23 0.25-1.1 amd64
    ebff0b2f8b220c74224197523019366e97ee4770d464bebc48e4865114e4da0e
  libjansson4 2.14-2 amd64
    3fc9742f9f1a37bcb9931df6074b4d1483419ef832ad5349f47323e75fc27864
  libmpc3 1.3.1-1 amd64
    d7f79544790e44f9b0c8cb9034a18c58d37f8702a15f32539050718679e52f80
  libmpfr6 4.2.0-1 amd64
    37b7a2b4e78890b6a074777f27b96c84f58e81558ba08410c2b6c0ca4a4ad77b
  libzstd1 1.5.4+dfsg2-5 amd64
    6315b5ac38b724a710fb96bf1042019398cb656718b1522279a5185ed39318fa
  zlib1g 1:1.2.13.dfsg-1 amd64
    d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4
`);

/** The compiler of the probe. */
export const CLANG_19 = pins(`
  clang-19 1:19.1.7-3~deb12u1 amd64
    89ab931a9bbfd567a76df3141af5d5ec67b01d800150e614f2c9bf4671da9b08
  libclang-cpp19 1:19.1.7-3~deb12u1 amd64
    5daa784e1d747db320c16604729ffa805e6bfd72d3ac0b7cb0ee5f1a7ebc8aae
  libllvm19 1:19.1.7-3~deb12u1 amd64
    6edf3a8b28495cdba883d9760e0dca1a81983fc497a5f989dc64d0d96d23b4aa
  libclang-common-19-dev 1:19.1.7-3~deb12u1 amd64
    811c2d398ad772204ec05ffde485cbbc4c210abc5dcf0068ff9ca3e647591ce7
`);

/** What formats and looks through our C++; nothing of it gets into what we build. */
export const CLANG_14 = pins(`
  clang-format-14 1:14.0.6-12 amd64
    3fbcadd614577667f6ff5958cc70b01fcf0b6a27f723a01516ced294b83d1002
  clang-tidy-14 1:14.0.6-12 amd64
    c6c5eb03fbc86e8c4efc7a9e49fd589c7dee6979fd201547c8aaaa2fcb3786ce
  libclang-common-14-dev 1:14.0.6-12 all
    838781bfc798bcbdca68516db6546cf83677078efa57851bb957c19e265de7c6
  libclang-cpp14 1:14.0.6-12 amd64
    964b13d74e9aece340cde93fecd2a2f18dd63afcb707a797ce7b39d430a01c46
  libllvm14 1:14.0.6-12 amd64
    cd986403cfe53f47c41b80667f6b344c40fe35de4c5081dad9358b4c77cf64a8
`);

/** What either clang links. */
export const CLANG_LIBRARIES = pins(`
  libbsd0 0.11.7-2 amd64
    bb31cc8b40f962a85b2cec970f7f79cc704a1ae4bad24257a822055404b2c60b
  libedit2 3.1-20221030-2 amd64
    1cf14abf2716d3279db12d0657a5737cf70074a1e71d3bdf73206625e3c89ce6
  libffi8 3.4.4-1 amd64
    6d9f6c25c30efccce6d4bceaa48ea86c329a3432abb360a141f76ac223a4c34a
  libgcc-s1 12.2.0-14+deb12u1 amd64
    3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7
  libicu72 72.1-3+deb12u1 amd64
    f7f6f99c6d7b025914df2447fc93e11d22c44c0c8bdd8b6f36691c9e7ddcef88
  liblzma5 5.4.1-1+deb12u1 amd64
    f96d8876b53ec89d76a992bc199679b818cf518225a768954d9451fb556a4eb7
  libmd0 1.0.4-2 amd64
    03539fd30c509e27101d13a56e52eda9062bdf1aefe337c07ab56def25a13eab
  libstdc++6 12.2.0-14+deb12u1 amd64
    5cd3171216d4ab0fc911cfe9c35509bf2dd8f47761c43b7f6a4296701551a24d
  libtinfo6 6.4-4 amd64
    072d908f38f51090ca28ca5afa3b46b2957dc61fe35094c0b851426859a49a51
  libxml2 2.9.14+dfsg-1.3~deb12u6 amd64
    4460e39dda10a815881374217cde08474747cfa018358cd8612c14b390eff53b
  libz3-4 4.8.12-3.1 amd64
    6221ca25ad5abcfbe1965801029d85a88b4775320384b4b716de8fab7a4d2f7a
  libzstd1 1.5.4+dfsg2-5 amd64
    6315b5ac38b724a710fb96bf1042019398cb656718b1522279a5185ed39318fa
  zlib1g 1:1.2.13.dfsg-1 amd64
    d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4
`);

/** The probe's linker, with its own C library. */
export const BPFTOOL = pins(`
  bpftool 7.1.0+6.1.176-1 amd64
    6df76ea6c957118b4c66507055abe7be85a64782724acb32d7a17c8ee1057c95
  libc6 2.36-9+deb12u14 amd64
    ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf
  libcap2 1:2.66-4+deb12u3+b1 amd64
    8d684c673e7483802a5c447834b0df6fce006eb3a7109e1be412f5ad425bb24f
  libelf1 0.188-2.1 amd64
    619add379c606b3ac6c1a175853b918e6939598a83d8ebadf3bdfd50d10b3c8c
  zlib1g 1:1.2.13.dfsg-1 amd64
    d7dd1d1411fedf27f5e27650a6eff20ef294077b568f4c8c5e51466dc7c08ce4
`);

/** Headers only. */
export const UTHASH = pins(`
  uthash-dev 2.3.0-1+b1 amd64
    f46302bee4dcd1a8c0c0750fdae08a523de37c82b79644f3103ff60fe2293e0e
`);

/** The texts of licences that copyright files refer to. */
export const BASE_FILES = pins(`
  base-files 12.4+deb12u15 amd64
    3eb1ea6d85488f488cc2a163b98ad640ef88cee4c79287cf14e361aaf6206f47
`);

/** Of each package its name, version, architecture and the SHA-256 of its file. */
function pins(table: string): readonly PinnedPackage[] {
  const words = table.trim().split(/\s+/);
  return Array.from({ length: words.length / 4 }, (_, row) => {
    const [name = "", version = "", architecture, hash = ""] = words.slice(row * 4);
    const file = `${name}_${version.replaceAll(":", "%3a")}_${architecture}.deb`;
    const place = { kind: "binary", suite: "bookworm", architecture: "amd64" } as const;
    const any = MOVING.includes(name) ? ({ orNewest: true } as const) : {};
    return { name, version, ...place, files: { [file]: hash }, ...any };
  });
}
