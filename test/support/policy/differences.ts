// Where today's meaning of a condition differs from upstream's, and why.

/** The reason why a source of the table of upstream's cases differs; null where it must not. */
export function reasonFor(source: string): string | null {
  for (const [reason, sources] of Object.entries(reasons)) {
    if (sources.some((each) => source === each)) return reason;
  }
  return null;
}

const reasons: Readonly<Record<string, readonly string[]>> = {
  "a list may stand to the right of each operator, in brackets too": [
    'sf.type = ["PE","FF"]',
    "sf.type in ([PE, FF])",
    'sf.proc.name icontains ("MON")',
  ],
  "commas part only what is compared with lists": [
    'sf.type in ("PE,FF")',
    'sf.type != "PE,FF"',
    'sf.proc.cmdline contains "a,b"',
  ],
  "what a JSON path does not find does not exist": [
    "sf.pod.services[0.name] exists",
    "sf.pod.services[0.clusterIP.0] exists",
    "sf.ke.message[items.0.namespace] exists",
    "sf.ke.message[0] exists",
  ],
  "an unknown attribute or macro is an error": [
    "nosuch.attr = nosuch.attr",
    'nosuch.attr = ""',
    'abc = "abc"',
    "undefined_macro",
    "not undefined_macro",
  ],
  "an attribute has no value in records of other kinds": [
    "sf.file.name exists",
    "sf.net.dip exists",
    "sf.container.privileged = 0",
    "sf.proc.uid < 100",
    'sf.proc.name contains ""',
    "sf.net.sip in (127.0.0.1, 0.0.0.0)",
    "evt.dir = <",
    'evt.dir = "<"',
    "thread.tid exists",
    "fd.num >= 0",
  ],
  "no attribute reads the fields of records of another kind": [
    "sf.file.is_open_read = true",
    "sf.file.is_open_read exists",
    "evt.is_open_read = true",
    "sf.file.openflags = RDONLY",
  ],
  "the type of a container is that of one": ["sf.container.type = DOCKER"],
  "what is known of a parent is a number and a truth, and nothing where there is none": [
    "sf.pproc.tty = 0",
    "sf.pproc.uid > 0",
    "sf.pproc.uid = 0",
    "proc.pname exists",
  ],
  "numbers may have signs": ["sf.proc.uid > -1", "sf.ret = -2"],
  "bytes of a flow are counted once": ["sf.flow.rbytes > 1000"],
  "what reads as a number is compared as one": [
    "sf.net.port > 0",
    "sf.pod.services[0.portList.0.port] > 0",
  ],
  "only numbers are ordered": ['sf.ret > "x"'],
  "the whole path language can be written": [
    "sf.pod.services[#.name] = redis",
    'sf.ke.message["kind"] = Pod',
  ],
  "a bracket in a text is a bracket": [
    'sf.proc.args contains "[abc"',
    "sf.proc.args contains '['",
    'sf.proc.args contains "x[abc"',
  ],
  "Falco's names mean what Falco means": [
    "evt.type = open",
    "evt.type = OPEN",
    "evt.type in (open, openat)",
    "evt.rawres = PE",
    "proc.aname = containerd-shim",
    "container.privileged = true",
    "proc.createtime > 0",
    "fd.sport = 443",
    "fd.name startswith /etc",
  ],
  "two paths are none": ["sf.ke.message[items][0] exists", "sf.ke.message[kind][0] = x"],
  "files are YAML, and Falco's keys are known": [
    "- macro: m\\n  condition: sf.type = PE\\n- rule: R\\n  desc: d\\n  condition: m\\n- macro: m\\n  condition: or sf.type = FF\\n  append: true\\n",
    "- list: l\\n  items:\\n   - PE\\n   - FF\\n- rule: R\\n  desc: d\\n  condition: sf.type in (l)\\n",
    "- rule: R\\n  condition: sf.type = PE\\n  desc: d\\n",
    "- rule: R\\n  condition: sf.type = PE\\n",
    "- rule: R\\n  desc: d\\n  condition: sf.type = PE\\n  source: syscall\\n",
    "- rule: R\\n  desc: mentions condition word\\n  condition: sf.type = PE\\n",
    '- rule: R\\n  desc: d\\n  condition: sf.type = PE\\n  priority: "high"\\n',
    "- rule: R\\n  desc: a rule with the word tags inside\\n  condition: sf.type = PE\\n",
    "# nothing\\n",
  ],
  "words need no quotation marks where they are values": [
    "- rule: R\\n  desc: d\\n  condition: sf.proc.cmdline contains -c\\n",
    "- rule: R\\n  desc: d\\n  condition: sf.proc.name = low\\n",
    "- rule: R\\n  desc: d\\n  condition: sf.proc.name = name\\n",
  ],
  "a key that stands twice is an error": [
    "- rule: R\\n  desc: d\\n  condition: sf.type = PE\\n  tags: [x]\\n  priority: low\\n  tags: [y]\\n",
  ],
  "a macro that leads to itself is an error, used or not": [
    "- macro: a\\n  condition: b\\n- macro: b\\n  condition: a\\n- rule: R\\n  desc: d\\n  condition: sf.type = PE\\n",
  ],
  "all rules see the last macro of a name": [
    "- macro: m\\n  condition: sf.type = PE\\n- rule: R\\n  desc: d\\n  condition: m\\n- macro: m\\n  condition: sf.type = FF\\n",
    "- macro: n\\n  condition: m\\n- macro: m\\n  condition: sf.type = PE\\n- rule: R\\n  desc: d\\n  condition: n\\n- macro: m\\n  condition: sf.type = FF\\n- rule: R2\\n  desc: d\\n  condition: n\\n",
  ],
};
