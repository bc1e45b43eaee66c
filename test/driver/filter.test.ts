// What is wrong with a filter, in our words and with the caret at the place; which good ones are
// warned of; and that every field that is listed can be compared.

import { describe, expect, test } from "bun:test";
import { OperatorError } from "../../src/base/errors.ts";
import { exitStatus } from "../../src/base/exit-status.ts";
import { loadBinding } from "../../src/capture/binding.ts";
import { checkFilter, filterBytesMax } from "../../src/driver/filter.ts";
import { warningInWords } from "../../src/driver/filter-words.ts";

function fault(filter: string): OperatorError {
  try {
    checkFilter(filter, false);
  } catch (error) {
    if (error instanceof OperatorError) {
      return error;
    }
    throw error;
  }
  throw new Error(`it was taken: ${filter}`);
}

/** The caret stands under the place that `^` marks in front of in the filter. */
const bad: readonly (readonly [marked: string, reason: string])[] = [
  ["^proc.nmae=cat", 'there is no field "proc.nmae"; did you mean proc.name?'],
  ["proc.name=é and ^proc.nme=1", 'there is no field "proc.nme"; did you mean proc.name?'],
  [
    "proc.name=\u4e2d\u6587 or ^proc.nme=1",
    'there is no field "proc.nme"; did you mean proc.name?',
  ],
  ["^quux.foo=1", 'there is no field "quux.foo"; see: sysflow collect --list-fields'],
  ["^cat", 'there is no field "cat"; see: sysflow collect --list-fields'],
  ["^proc.apid[x]=1", "proc.apid cannot have the argument [x]"],
  ["^evt.arg=1", "evt.arg needs an argument, as in proc.aname[1] or evt.arg.path"],
  ["^k8s.pod.label=1", "k8s.pod.label needs an argument, as in proc.aname[1] or evt.arg.path"],
  ["^evt.rawarg[0]=1", "evt.rawarg needs the argument's name: evt.rawarg.res"],
  ["^evt.arg.foo=1", 'no event has an argument "foo"'],
  [
    "proc.name^",
    "here an operator is expected: = != < <= > >= contains startswith endswith glob regex in " +
      "pmatch exists …",
  ],
  ["proc.name=^", "here a value is expected"],
  ["proc.name=^'cat", "this quote is not closed"],
  ["proc.pid > ^abc", "here a number is expected; texts are compared with = and !="],
  ["proc.name=cat and^", 'nothing follows the "and"'],
  ["proc.name=cat and^proc.pid=1", '"and" needs a space after it'],
  ["proc.name=cat ^cat", 'here "and", "or" or the end is expected'],
  ["(proc.name=cat^", 'a ")" is missing here'],
  ["proc.name in (cat ^ls)", 'a ")" is missing here'],
  ["proc.name in ^'a'", "here a list is expected, as in (cat, ls)"],
  ["tolower(^1)=a", "here a field is expected, as in tolower(proc.name)"],
  ["proc.aname[1=x^", 'a "]" is missing here'],
  ["proc.aname[^]=x", "here the field's argument is expected, as in proc.aname[1]"],
  ["^not", "here a condition is expected, as in proc.name = cat"],
  ["proc.name=cat and not ^=", "here a condition is expected, as in proc.name = cat"],
  ["^proc.pid contains 1", '"contains" does not fit proc.pid, which is a number'],
  ["^proc.name bcontains 1", '"bcontains" does not fit proc.name, which is a text'],
  ["^fd.types = a", '"=" does not fit fd.types, which is a list: it takes in, intersects, exists'],
  ["tolower(^proc.pid)=1", "tolower() does not fit proc.pid"],
  ["proc.pid = val(^proc.name)", "proc.pid and proc.name are of different types"],
  ["proc.name pmatch val(^proc.name)", '"pmatch" cannot be compared with a field'],
  ["fd.net = val(^fd.net)", "a network cannot be compared with a field"],
  ["proc.pid = ^abc", '"abc" is no number'],
  ["fd.sport=^nosuch", '"nosuch" is no port and no name of one'],
  ["fd.sport=^70000", "70000 is no port: 65535 is the greatest"],
  ["fd.sport in (80, ^99999999999)", "99999999999 is no port: 65535 is the greatest"],
  ["fd.ip=^1.2.3", '"1.2.3" is no IP address'],
  ["fd.cip=^::zz", '"::zz" is no IP address'],
  ["fd.net=^1.2.3.4", '"1.2.3.4" is no network such as 10.0.0.0/8'],
  ["evt.type=^opne", 'there is no event type "opne"; did you mean open?'],
  ["evt.type in (open, ^opne)", 'there is no event type "opne"; did you mean open?'],
  ["proc.is_exe_writable=^maybe", '"maybe" is not true or false'],
  ["evt.buffer bcontains ^zz", "bcontains and bstartswith take hexadecimal digits"],
  ["proc.name regex ^'('", "bad regular expression: missing ): ("],
  ["proc.name=^x".replace("x", "x".repeat(256)), "a value has at most 255 bytes"],
];

describe("a bad filter", () => {
  test.each(bad)("%s", (marked, reason) => {
    const at = marked.indexOf("^");
    const error = fault(marked.replace("^", ""));
    expect(error.message).toBe(`cannot use the filter: ${reason}`);
    expect([error.code, error.exitStatus]).toEqual(["FILTER_INVALID", exitStatus.USAGE]);
    const [line = "", caret = ""] = error.detail;
    expect(marked.replace("^", "").startsWith(line.replace(/…$/, ""))).toBe(true);
    // Chinese characters take two columns.
    const wide = marked.slice(0, at).match(/[\u4e00-\u9fff]/g)?.length ?? 0;
    expect(caret).toBe(`${" ".repeat(at + wide)}^`);
  });

  test("that is long is shown around the place", () => {
    const many = Array.from({ length: 50 }, (_, index) => `proc.pid = ${index}`).join(" or ");
    const { detail } = fault(`${many} or proc.nmae = 1 or ${many}`);
    const [line = "", caret = ""] = detail;
    expect(line.length).toBeLessThanOrEqual(96);
    expect([line[0], line.at(-1)]).toEqual(["…", "…"]);
    expect(line.slice(caret.indexOf("^"))).toStartWith("proc.nmae = 1 or");
  });

  test("of several lines is shown in one", () => {
    expect(fault("proc.name = a\n\tor proc.nmae = b").detail).toEqual([
      "proc.name = a  or proc.nmae = b",
      "                  ^",
    ]);
  });

  test("cannot exhaust the stack", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}proc.pid=1${")".repeat(depth)}`;
    expect(checkFilter(nested(100), false)).toEqual([]);
    expect(fault(nested(101)).message).toContain("more than 100 parentheses are open here");
    expect(fault("(".repeat(60_000)).message).toContain("more than 100 parentheses");
    expect(checkFilter(`proc.name = "${"(".repeat(200)}"`, false)).toEqual([]);
  });

  test("can be too long", () => {
    const long = `proc.name = a or ${"proc.name = b or ".repeat(5000)}proc.name = c`;
    expect(fault(long).message).toBe(
      "cannot use the filter: it has 85,030 bytes, and 65,536 is the most",
    );
    const fits = "proc.pid = 1".padEnd(filterBytesMax);
    expect(checkFilter(fits, false)).toEqual([]);
  });
});

describe("a good filter", () => {
  test.each([
    "container.type!=host and container.name!=sf-collector",
    "not proc.name in (cat, ls) and (fd.name startswith /etc or evt.type = open)",
    "proc.aname[2] = bash and proc.env[HOME] exists",
    "tolower(proc.name) = cat and proc.pname = val(proc.name)",
    "fd.net in (10.0.0.0/8, '2001:db8::/32') and fd.sport = 443",
    "evt.arg.flags contains O_CREAT and evt.rawarg.res < 0",
    "proc.name regex 'c.t' and proc.name glob 'c*'",
    "k8s.ns.name = default or syslog.facility = 1",
  ])("%s is taken without a warning in a replay", (filter) => {
    expect(checkFilter(filter, false)).toEqual([]);
  });

  test.each([
    ["container.id != host", []],
    [
      "container.type!=host and container.name!=x and container.name!=y",
      [
        "the filter compares container.type, container.name: live only the host's processes have " +
          "it, since container runtimes are not asked: processes in containers never match; " +
          "container.id is known of all",
      ],
    ],
    [
      "k8s.ns.name = a",
      ["the filter compares k8s.ns.name: Kubernetes is not asked: it never matches"],
    ],
    [
      "evt.buffer contains a",
      [
        "the filter compares evt.buffer: live no content of reads and writes is taken: it never " +
          "matches",
      ],
    ],
    [
      "proc.name = proc.pname",
      [
        'the filter compares with the text "proc.pname"; to compare with the field write ' +
          "val(proc.pname)",
      ],
    ],
  ])("%s is warned of live: %j", (filter, warnings) => {
    expect(checkFilter(filter, true)).toEqual(warnings);
  });

  test("is not warned of for being slow", () => {
    expect(warningInWords("regex check with 'a' may be optimized with simpler operators")).toBe(
      null,
    );
  });
});

/** Arguments of fields that do not take every one in brackets. */
const dotted: Readonly<Record<string, string>> = {
  "evt.abspath": ".src",
  "evt.rawarg": ".res",
  "evt.type.is": ".open",
  "marathon.app.label": ".a",
  "mesos.task.label": ".a",
  "thread.cgroup": ".cpu",
};

describe("the list of fields", () => {
  const groups = loadBinding().filterFields();
  const fields = groups.flatMap((group) => group.fields);

  test("has the groups of this release", () => {
    const names = new Set(groups.map(({ name }) => name));
    expect([...names]).toEqual([
      "evt",
      "process",
      "user",
      "group",
      "container",
      "fd",
      "fs.path",
      "syslog",
      "fdlist",
      "k8s",
      "mesos",
    ]);
    expect(fields.length).toBeGreaterThan(280);
  });

  test.each(fields.map((field) => [field.name, field] as const))(
    "%s can be compared",
    (_, field) => {
      const argument = field.argument === "required" ? (dotted[field.name] ?? "[1]") : "";
      expect(field.description).not.toBe("");
      expect(() => checkFilter(`${field.name}${argument} exists`, false)).not.toThrow();
    },
  );
});
