// Records that a person wrote: what each kind becomes, what is filled in, and what is refused.

import { describe, expect, test } from "bun:test";
import { findAttribute } from "../../../src/flatten/registry.ts";
import type { JoinedRecord } from "../../../src/join/joined-record.ts";
import { Joiner } from "../../../src/join/joiner.ts";
import { Problems } from "../../../src/policy/language/problem.ts";
import { SourceFile } from "../../../src/policy/language/source-text.ts";
import { readYaml } from "../../../src/policy/load/yaml-reader.ts";
import { SnippetReader } from "../../../src/read/snippet/snippet-reader.ts";
import { SnippetFault, type SnippetValue } from "../../../src/read/snippet/snippet-value.ts";

/** The attributes of the last record of a list in YAML. */
function attributesOf(yaml: string, ...names: readonly string[]): readonly (string | null)[] {
  let values: readonly (string | null)[] = [];
  const reader = new SnippetReader(
    new Joiner({
      joined: (of: JoinedRecord) => {
        values = names.map((name) => findAttribute(name, "default")?.text(of) ?? null);
      },
    }),
  );
  for (const value of valuesOf(yaml)) {
    reader.give(value);
  }
  return values;
}

function valuesOf(yaml: string): readonly SnippetValue[] {
  const { fault, items } = readYaml(new SourceFile("x", yaml), new Problems());
  expect(fault).toBeNull();
  return items.map(({ at, entries }) => ({ kind: "map", entries, at }) as SnippetValue);
}

describe("a snippet is", () => {
  test("an event of a process, with its parents", () => {
    const yaml =
      "- { event: EXEC, args: [a], ret: 3, tid: 9, process: { exe: /bin/sh, args: -c x, pid: 7, uid: 5,\n" +
      "    user: joe, tty: true, cwd: /tmp, env: [A=1, B=2], loginuid: 5, parent: { exe: /usr/sbin/sshd,\n" +
      "    parent: { exe: /sbin/init, pid: 1 } } } }\n";
    const names = [
      "sf.type",
      "sf.opflags",
      "sf.ret",
      "sf.proc.tid",
      "sf.proc.pid",
      "sf.proc.cmdline",
    ];
    expect(attributesOf(yaml, ...names)).toEqual(["PE", "EXEC", "3", "9", "7", "/bin/sh -c x"]);
    expect(attributesOf(yaml, "sf.proc.user", "sf.proc.tty", "sf.proc.aname", "proc.cwd")).toEqual([
      "joe",
      "true",
      "sh,sshd,init",
      "/tmp",
    ]);
    expect(attributesOf(yaml, "sf.container.id", "proc.env[B]")).toEqual([null, "2"]);
  });

  test("an event of files, in a container of a pod", () => {
    const yaml =
      "- { event: RENAME, file: { path: /a/b }, newfile: { path: /c }, container: { name: web, image: 'x:1',\n" +
      "    type: containerd, privileged: true }, pod: { name: p, namespace: n, labels: { app: shop } } }\n";
    const names = ["sf.type", "sf.file.path", "sf.file.newpath", "sf.container.name"];
    expect(attributesOf(yaml, ...names)).toEqual(["FE", "/a/b", "/c", "web"]);
    expect(
      attributesOf(
        yaml,
        "sf.container.type",
        "sf.container.privileged",
        "k8s.ns.name",
        "k8s.pod.label[app]",
      ),
    ).toEqual(["CONTAINERD", "1", "n", "shop"]);
  });

  test("a flow of a file, opened as its operations need it", () => {
    const names = ["sf.type", "sf.opflags", "sf.flow.rbytes", "sf.file.openflags", "sf.file.type"];
    const read = "- { flow: [OPEN, READ, CLOSE], read: 7, file: { path: /a, type: directory } }\n";
    expect(attributesOf(read, ...names)).toEqual(["FF", "OPEN,CLOSE,READ", "7", "RDONLY", "d"]);
    const write = "- { flow: WRITE, file: { path: /a }, openflags: [wronly, creat] }\n";
    expect(attributesOf(write, ...names)).toEqual(["FF", "WRITE", "0", "WRONLY,CREAT", "f"]);
  });

  test.each([
    [
      "sip: 192.0.2.1, dip: 198.51.100.7, dport: 53, proto: udp",
      ["192.0.2.1", "198.51.100.7", "53", "17"],
    ],
    ["dip: '2001:db8::1', sip: '::1'", ["::1", "2001:db8::1", "80", "6"]],
    ["dip: '::ffff:192.0.2.1', proto: 132", ["::ffff:10.0.0.1", "::ffff:192.0.2.1", "80", "132"]],
  ])("a flow of the network: %s", (net, wanted) => {
    const names = ["sf.net.sip", "sf.net.dip", "sf.net.dport", "sf.net.proto"];
    expect(attributesOf(`- { flow: [CONNECT, SEND], net: { ${net} } }\n`, ...names)).toEqual(
      wanted,
    );
  });

  test("a Kubernetes event", () => {
    const yaml = `- { k8s: { kind: PODS, action: DELETED, message: '{"a":1}' } }\n`;
    const names = ["sf.type", "sf.ke.kind", "sf.ke.action", "sf.ke.message"];
    expect(attributesOf(yaml, ...names)).toEqual([
      "KE",
      "K8S_PODS",
      "K8S_COMPONENT_DELETED",
      '{"a":1}',
    ]);
  });
});

describe("snippets in turn are", () => {
  test("a second later than the one before, unless it says when it is", () => {
    const yaml = "- { event: EXEC }\n- { event: EXIT }\n";
    expect(attributesOf(yaml, "sf.ts")).toEqual(["1700000001000000000"]);
    expect(attributesOf("- { event: EXEC, time: '12.5' }\n", "sf.ts")).toEqual(["12500000000"]);
  });

  test("of the same process as another that says the same of it", () => {
    const pid = (args: string) =>
      attributesOf(`- { event: EXEC, process: { exe: /a, args: ${args} } }\n`, "sf.proc.pid")[0];
    expect(pid("x")).toBe(pid("x") as string);
    expect(pid("x")).not.toBe(pid("y") as string);
  });
});

describe("what is wrong is told", () => {
  test.each([
    ["{ event: EXCE }", /^event cannot be "EXCE"; did you mean EXEC\?$/],
    ["{ evnt: EXEC }", /^a record has no evnt; did you mean event\?$/],
    ["{ event: EXEC, flow: OPEN }", /^a record has an event, such as EXEC, or a flow/],
    ["{ args: [a] }", /^a record has an event/],
    ["{ event: UNLINK }", /^this event is of a file: \{path: …\}$/],
    ["{ flow: [OPEN] }", /^a flow has a file: \{path: …\} or a net/],
    ["{ event: EXEC, process: { uid: root } }", /^uid is a whole number, not "root"$/],
    ["{ event: EXEC, process: { tty: 1 } }", /^tty is true or false, not "1"$/],
    ["{ event: EXEC, process: sh }", /^a process has keys: exe, args, /],
    ["{ event: EXEC, process: { exe: [a] } }", /^exe is a text$/],
    ["{ event: EXEC, args: [[a]] }", /^args is a list of texts$/],
    ["{ event: EXEC, time: now }", /^time is in seconds since 1970/],
    ["{ flow: SEND, net: { dip: host } }", /^dip is an IP address, not "host"$/],
    ["{ event: UNLINK, file: { type: regular, path: x } }", /^type cannot be "regular"; one of /],
    ["{ event: UNLINK, file: { type: file } }", /^a file has a path$/],
  ])("%s", (yaml, message) => {
    const reader = new SnippetReader(new Joiner({ joined: () => undefined }));
    const [value] = valuesOf(`- ${yaml}\n`);
    expect(() => reader.give(value as SnippetValue)).toThrow(SnippetFault);
    expect(() => reader.give(value as SnippetValue)).toThrow(message);
  });

  test("more parents than a test needs", () => {
    const deep = `${"{ parent: ".repeat(40)}{ exe: /a }${" }".repeat(40)}`;
    const reader = new SnippetReader(new Joiner({ joined: () => undefined }));
    const [value] = valuesOf(`- { event: EXEC, process: ${deep} }\n`);
    expect(() => reader.give(value as SnippetValue)).toThrow(
      "a process has at most 32 parents here",
    );
  });
});
