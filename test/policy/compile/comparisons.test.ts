// What each operator means today, on small worlds: with a value, without one, with lists and numbers.

import { describe, expect, test } from "bun:test";
import { kindBit } from "../../../src/flatten/record-kinds.ts";
import { PartTester } from "../../../src/policy/engine/part-tester.ts";
import type { PolicyMode } from "../../../src/policy/load/loaded.ts";
import { joinOf } from "../../support/flatten/at-records.ts";
import { type WorldName, worlds } from "../../support/flatten/worlds.ts";
import { compileText } from "../../support/policy/run-policies.ts";

/** Whether the engine says so; the part tester, which is another way, must say the same. */
async function holdsIn(condition: string, world: WorldName, mode: PolicyMode): Promise<boolean> {
  const lists =
    "- list: shells\n  items: [bash, zsh]\n- list: all\n  items: [shells, 'sh']\n- list: nets\n  items: ['\"192.0.2.0/24\"', \"'x y'\"]\n";
  const rule = `- rule: R\n  desc: d\n  condition: ${mode === "default" ? JSON.stringify(condition) : condition}\n`;
  const { engine, errors, policies, program } = await compileText(lists + rule, mode);
  expect(errors).toEqual([]);
  const joined = joinOf(worlds[world]);
  const holds = engine?.match(joined) ?? false;
  const [made] = policies.rules;
  const part = made && (await PartTester.open(policies)).test(made.condition, made.scope);
  const isAsked = (program.kinds & kindBit(joined.record.kind)) !== 0;
  if (isAsked) expect(part?.(joined)).toBe(holds);
  return holds;
}

const texts: [string, WorldName, boolean][] = [
  ["sf.proc.exe = /bin/bash", "shell", true],
  ["sf.proc.exe == /bin/bash", "shell", true],
  ["sf.proc.exe = /BIN/bash", "shell", false],
  ["sf.proc.exe != /bin/bash", "shell", false],
  ["sf.proc.exe != /bin/sh", "shell", true],
  ["sf.proc.exe contains n/b", "shell", true],
  ["sf.proc.exe contains N/b", "shell", false],
  ["sf.proc.exe icontains N/B", "shell", true],
  ["sf.proc.exe startswith /bin", "shell", true],
  ["sf.proc.exe startswith bin", "shell", false],
  ["sf.proc.exe startswith (/usr, /bin)", "shell", true],
  ["sf.proc.exe endswith sh", "shell", true],
  ["sf.proc.exe endswith (zsh, ash)", "shell", true],
  ["sf.proc.exe endswith (zsh, csh)", "shell", false],
  ["sf.proc.exe in (/bin/bash, /bin/sh)", "shell", true],
  ["sf.proc.exe in ()", "shell", false],
  ["sf.proc.name in (shells)", "shell", true],
  ["sf.proc.name in shells", "shell", true],
  ["sf.proc.name in ('shells')", "shell", false],
  ["sf.proc.name in (all)", "shell", true],
  ["sf.proc.name = shells", "shell", false],
  ["sf.proc.name intersects (shells)", "shell", true],
  ["sf.proc.exe pmatch (ash)", "shell", true],
  ["sf.proc.exe pmatch (/in, in/)", "shell", true],
  ["fd.name pmatch (/etc)", "open", true],
  ["fd.name pmatch (/etc/)", "open", true],
  ["fd.name pmatch (/etc/shadow)", "open", true],
  ["fd.name pmatch (/etc/shad)", "open", false],
  ["fd.name pmatch (/shadow)", "open", false],
  ["fd.name pmatch (shadow)", "open", true],
  ["fd.name pmatch (/)", "open", true],
  ["sf.proc.exe glob /bin/b*", "shell", true],
  ["sf.proc.exe glob /bin/b", "shell", false],
  ["sf.proc.exe glob (x, '*/ba?h')", "shell", true],
  ["sf.proc.exe iglob /BIN/B*", "shell", true],
  ["sf.proc.exe regex '/bin/(ba|z)sh'", "shell", true],
  ["sf.proc.exe regex 'ba'", "shell", false],
  ["sf.proc.exe regex ('x', '.*h')", "shell", true],
  ["sf.proc.exe bcontains 62617368", "shell", true],
  ["sf.proc.exe bcontains 62617369", "shell", false],
  ["sf.proc.exe bstartswith 2F62", "shell", true],
  ["sf.proc.exe bstartswith 62", "shell", false],
  ["tolower(sf.file.path) = /etc/shadow", "open", true],
  ["toupper(sf.proc.name) in (BASH)", "shell", true],
  ["basename(sf.proc.exe) = bash", "shell", true],
  ["basename(sf.proc.name) = bash", "shell", true],
  ["b64(sf.pod.name) contains ''", "exec", true],
  ["toupper(basename(sf.proc.exe)) = BASH", "shell", true],
  ["sf.proc.args = '-i'", "shell", true],
  ["sf.proc.args = -i", "shell", true],
  ["'/bin/bash' = sf.proc.exe", "shell", true],
  ["sf.proc.cmdline = '/bin/bash -i'", "shell", true],
];

const missing: [string, WorldName, boolean][] = [
  ["sf.file.path = ''", "shell", true],
  ["sf.file.path in (a, '')", "shell", true],
  ["sf.file.path != ''", "shell", false],
  ["sf.file.path != a", "shell", true],
  ["not sf.file.path = a", "shell", true],
  ["sf.file.path contains ''", "shell", false],
  ["sf.file.path startswith ''", "shell", false],
  ["sf.file.path exists", "shell", false],
  ["exists sf.file.path", "open", true],
  ["exists sf.container.id", "host", false],
  ["sf.container.id = ''", "host", true],
  ["sf.proc.exe exists", "unknown", false],
  ["sf.proc.exe = ''", "unknown", true],
  ["sf.net.dport = 0", "shell", false],
  ["sf.net.dport != 0", "shell", false],
  ["sf.net.dport < 1", "shell", false],
  ["sf.net.dport = ''", "shell", true],
  ["sf.net.dport exists", "shell", false],
  ["sf.pproc.uid != 0", "host", false],
  ["sf.proc.exe = sf.pproc.exe", "host", false],
  ["sf.proc.exe != sf.pproc.exe", "host", true],
  ["sf.ret exists", "open", false],
  ["sf.proc.tty exists", "unknown", false],
];

const lists: [string, WorldName, boolean][] = [
  ["sf.opflags = EXEC", "exec", true],
  ["sf.opflags = 'EXEC,CLONE'", "exec", true],
  ["sf.opflags != 'EXEC,CLONE'", "exec", false],
  ["sf.opflags contains XE", "exec", true],
  ["sf.opflags in (CLONE, EXEC)", "exec", true],
  ["sf.proc.aname = systemd", "exec", true],
  ["sf.proc.aname != systemd", "exec", false],
  ["sf.proc.aname startswith sys", "exec", true],
  ["sf.proc.aname pmatch (stem)", "exec", true],
  ["sf.proc.aname[1] = bash", "exec", true],
  ["sf.proc.aname[7] = bash", "exec", false],
  ["sf.proc.aname[7] exists", "exec", false],
  ["len(sf.proc.aname) = 3", "exec", true],
  ["sf.net.port = 443", "connect", true],
  ["sf.net.port > 30000", "connect", true],
  ["sf.net.port > 50000", "connect", false],
  ["sf.net.ip = 192.0.2.2", "connect", true],
  ["sf.proc.name in val(sf.proc.aname)", "exec", true],
  ["sf.pproc.name intersects val(sf.proc.aname)", "exec", true],
  ["toupper(sf.proc.aname) = SYSTEMD", "exec", true],
  ["sf.proc.aname glob 's*d'", "exec", true],
];

const numbers: [string, WorldName, boolean][] = [
  ["sf.ret = -2", "failed exec", true],
  ['sf.ret = "-2"', "failed exec", true],
  ["sf.ret < 0", "failed exec", true],
  ["sf.ret < -1.5", "failed exec", true],
  ["sf.ret <= -2", "failed exec", true],
  ["sf.ret > -2", "failed exec", false],
  ["sf.ret != -2", "failed exec", false],
  ["sf.ret in (0, -2)", "failed exec", true],
  ["sf.net.dport = 0443", "connect", true],
  ["sf.net.dport = 0x1bb", "connect", true],
  ["sf.net.dport >= 443 and sf.net.dport <= 443", "connect", true],
  ["444 > sf.net.dport", "connect", true],
  ["sf.net.dport startswith 44", "connect", true],
  ["sf.net.sport > sf.net.dport", "connect", true],
  ["sf.net.sport = val(sf.net.dport)", "connect", false],
  ["sf.proc.tty = true", "exec", true],
  ["sf.proc.tty = 1", "exec", true],
  ["sf.proc.tty = false", "exec", false],
  ["sf.proc.tty != false", "exec", true],
  ["sf.proc.tty > 0", "exec", true],
  ["sf.ts = 1700000000000000100", "exec", true],
  ["sf.ts = 1700000000000000101", "exec", false],
  ["sf.ts in (1, 1700000000000000100)", "exec", true],
  ["sf.ts > 1700000000000000099", "exec", true],
  ["sf.ts >= 1700000000000000101", "exec", false],
  ["sf.ts < sf.endts", "connect", true],
  ["sf.endts <= sf.ts", "connect", false],
  ["len(sf.proc.exe) = 9", "shell", true],
  ["sf.ke.message[kind] = Pod", "kubernetes", true],
  ['sf.ke.message["kind"] startswith P', "kubernetes", true],
  ["sf.ke.message[kind.x] exists", "kubernetes", false],
  ["sf.pod.services[#] >= 0", "kubernetes", false],
];

const addresses: [string, WorldName, boolean][] = [
  ["fd.snet = 192.0.2.0/24", "connect", true],
  ["fd.snet in (10.0.0.0/8, 192.0.2.0/30)", "connect", true],
  ["fd.snet in (10.0.0.0/8)", "connect", false],
  ["fd.net = 192.0.2.0/31", "connect", true],
  ["fd.sip = 192.0.2.2/32", "connect", true],
  ["sf.net.ip in (192.0.2.2)", "connect", true],
  ["sf.net.dip in ('192.0.2.3', '192.0.2.0/24')", "connect", true],
  ["fd.snet != 192.0.2.0/24", "connect", false],
  ["fd.snet = 2001:db8::/32", "ipv6", true],
  ["fd.snet = 2001:db9::/32", "ipv6", false],
  ["fd.snet = 10.0.0.0/8", "exec", false],
  ["fd.snet in (nets)", "connect", true],
];

const kinds: [string, WorldName, boolean][] = [
  ["sf.type = PE", "exec", true],
  ["sf.type = pe", "exec", false],
  ["sf.type != PE", "exec", false],
  ["sf.type in (FF, PE)", "exec", true],
  ["sf.type contains E", "exec", true],
  ["sf.type icontains p", "exec", true],
  ["sf.type icontains p", "open", false],
  ["sf.type startswith F", "open", true],
  ["sf.type = PF", "process flow", true],
  ["sf.type = NE", "network event", true],
  ["sf.type = val(sf.type)", "exec", true],
  ["1 = 1", "exec", true],
  ["evt.num = 0", "exec", false],
  ["evt.num >= 0", "exec", true],
  ["evt.num >= 1", "exec", true],
  ["evt.num > 0", "exec", true],
  ["evt.num < 1", "exec", false],
  ["evt.num <= 0", "exec", false],
  ["evt.num > 100000", "exec", false],
  ["evt.num <= 100000", "exec", true],
  ["evt.num < 2", "kubernetes", false],
  ["1 = 2", "exec", false],
  ["'a,b' contains a", "exec", true],
  ["not (sf.type = PE or sf.proc.exe = x) and sf.type = FF", "open", true],
];

describe("today's meaning", () => {
  test.each([...texts, ...missing, ...lists, ...numbers, ...addresses, ...kinds])(
    "%s in the world %s",
    async (condition, world, expected) => {
      expect(await holdsIn(condition, world, "default")).toBe(expected);
    },
  );
});

describe("upstream's meaning", () => {
  test.each([
    ["sf.proc.exe contains 'x,bash'", "shell", true],
    ["sf.proc.exe = '\"/bin/bash\"'", "shell", false],
    ["sf.proc.exe in ('\"/bin/bash\"')", "shell", true],
    ["sf.proc.exe contains 'bin[x'", "shell", true],
    ["sf.proc.exe in ('/bin[x')", "shell", false],
    ["sf.file.path contains ''", "shell", true],
    ["sf.ret < 'x'", "failed exec", true],
    ["sf.ret < 1", "open", true],
    ["sf.net.port > 0", "connect", false],
    ["nosuch exists", "shell", true],
    ["sf.ret exists", "exec", false],
    ["sf.ret exists", "failed exec", true],
    ["no.such = no.such", "shell", true],
    ["sf.proc.exe = sf.proc.exe", "shell", true],
    ["'bash,x' = sf.proc.name", "shell", true],
    ["no_macro", "shell", false],
    ["not no_macro", "shell", true],
    ["sf.type = PF", "process flow", false],
    ["not sf.type = PE", "network event", false],
    ["sf.proc.name in (shells)", "shell", true],
    ["sf.proc.name in (all)", "shell", true],
    ["sf.proc.name in ('all')", "shell", true],
    ["sf.proc.name in ([bash])", "shell", false],
    ["sf.proc.aname[0] = x", "exec", false],
    ["sf.proc.args icontains '-I'", "shell", true],
  ] satisfies [string, WorldName, boolean][])(
    "%s in the world %s",
    async (condition, world, expected) => {
      expect(await holdsIn(condition, world, "sysflow")).toBe(expected);
    },
  );
});

test("a part's operands can be read", async () => {
  const { policies } = await compileText(
    "- rule: R\n  condition: sf.proc.exe = val(sf.pproc.exe) and nosuch.x = y",
    "default",
  );
  const tester = await PartTester.open(policies);
  const [rule] = policies.rules;
  const joined = joinOf(worlds["shell"]);
  const terms = rule?.condition.expression.kind === "and" ? rule.condition.expression.terms : [];
  const read = terms.flatMap((term) => {
    if (term.kind !== "compare" || term.right.kind === "list" || rule === undefined) return [];
    return [term.left, term.right].map((each) => tester.reader(each, rule.condition)?.(joined));
  });
  expect(read).toEqual(["/bin/bash", "/usr/lib/systemd/systemd", "nosuch.x", "y"]);
});
