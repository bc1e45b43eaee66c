// Falco's fields that no record can answer, with why: so that a rule that asks for one is told so, and
// is not taken for one with a misspelt name.

const notRecorded = "SysFlow records do not have it";
const oneCall = "it is of one call, and a record may stand for many";
const toolOnly = "it belongs to Falco's own program";
const elsewhere = "it is of another source than system calls";
const gone = "Falco itself has given it up";
const noLookups = "no names are looked up: that would tell others what is watched";
const session = "SysFlow records do not have sessions and process groups";
const image = "SysFlow records do not have the executable's file beyond its path";
const resources = "SysFlow records do not have what a process uses";
const cgroups = "SysFlow records do not have cgroups";
const capabilities = "SysFlow records do not have capabilities";
const probes = "SysFlow records do not have a container's probes";
const wholeContainer = "SysFlow records do not have it of a container";
const inode = "SysFlow records know files by their paths";
const process = "a later process may have its number";

const reasons: readonly (readonly [why: string, names: string])[] = [
  [oneCall, "evt.cpu evt.latency evt.latency.s evt.latency.ns evt.latency.quantized"],
  [oneCall, "evt.latency.human evt.deltatime evt.deltatime.s evt.deltatime.ns evt.wait_latency"],
  [oneCall, "evt.is_wait evt.is_syslog evt.info evt.buflen evt.buflen.in evt.buflen.out"],
  [oneCall, "evt.buflen.file evt.buflen.file.in evt.buflen.file.out evt.buflen.net"],
  [oneCall, "evt.buflen.net.in evt.buflen.net.out evt.type.is"],
  ["the data of reads and writes is not recorded", "evt.buffer"],
  ["the mode that a file is created with is not recorded", "evt.is_open_exec"],
  [toolOnly, "evt.reltime evt.reltime.s evt.reltime.ns evt.outputtime util.cnt evt.count.error"],
  [toolOnly, "evt.count.error.file evt.count.error.net evt.count.error.memory evt.count.exit"],
  [toolOnly, "evt.count.error.other evt.count.procinfo evt.count.threadinfo evt.asynctype"],
  [elsewhere, "evt.pluginname evt.plugininfo evt.infra.docker.name evt.infra.docker.container.id"],
  [elsewhere, "evt.infra.docker.container.name evt.infra.docker.container.image"],
  ["its arguments are recorded as one text", "proc.cmdnargs proc.cmdlenargs"],
  [session, "proc.sid proc.sname proc.sid.exe proc.sid.exepath proc.vpgid proc.vpgid.name"],
  [session, "proc.vpgid.exe proc.vpgid.exepath proc.pgid proc.pgid.name proc.pgid.exe"],
  [session, "proc.pgid.exepath proc.is_sid_leader proc.is_vpgid_leader proc.is_pgid_leader"],
  [image, "proc.is_exe_writable proc.is_exe_upper_layer proc.is_exe_lower_layer"],
  [image, "proc.is_exe_from_memfd proc.exe_ino proc.exe_ino.ctime proc.exe_ino.mtime"],
  [image, "proc.exe_ino.ctime_duration_proc_start proc.exe_ino.ctime_duration_pidns_start"],
  [notRecorded, "proc.pidns_init_start_ts thread.vtid"],
  [probes, "proc.is_container_healthcheck proc.is_container_liveness_probe"],
  [probes, "proc.is_container_readiness_probe container.healthcheck container.liveness_probe"],
  [probes, "container.readiness_probe"],
  [capabilities, "thread.cap_permitted thread.cap_inheritable thread.cap_effective"],
  [resources, "proc.fdopencount proc.fdlimit proc.fdusage proc.vmsize proc.vmrss proc.vmswap"],
  [resources, "thread.pfmajor thread.pfminor thread.exectime thread.totexectime proc.nthreads"],
  [resources, "proc.nchilds thread.cpu thread.cpu.user thread.cpu.system thread.vmsize"],
  [resources, "thread.vmrss thread.vmsize.b thread.vmrss.b"],
  [process, "thread.nametid"],
  [cgroups, "thread.cgroups thread.cgroup"],
  ["what its standard streams are is not recorded", "proc.stdin.type proc.stdout.type"],
  ["what its standard streams are is not recorded", "proc.stderr.type proc.stdin.name"],
  ["what its standard streams are is not recorded", "proc.stdout.name proc.stderr.name"],
  ["SysFlow records have the name of a user and no more", "user.homedir user.shell"],
  ["SysFlow records have the number of who logged in and no more", "user.loginname"],
  [wholeContainer, "container.full_id container.mounts container.mount container.mount.source"],
  [wholeContainer, "container.mount.dest container.mount.mode container.mount.rdwr"],
  [wholeContainer, "container.mount.propagation container.image.digest container.start_ts"],
  [wholeContainer, "container.duration container.ip container.cni.json container.host_pid"],
  [wholeContainer, "container.host_network container.host_ipc"],
  [noLookups, "fd.cip.name fd.sip.name fd.lip.name fd.rip.name"],
  [inode, "fd.dev fd.dev.major fd.dev.minor fd.ino fd.uid"],
  [
    oneCall,
    "fd.types fdlist.nums fdlist.names fdlist.cips fdlist.sips fdlist.cports fdlist.sports",
  ],
  [notRecorded, "k8s.pod.sandbox_id k8s.pod.full_sandbox_id k8s.pod.cni.json"],
  [gone, "k8s.rc.name k8s.rc.id k8s.rc.label k8s.rc.labels k8s.svc.name k8s.svc.id"],
  [gone, "k8s.svc.label k8s.svc.labels k8s.ns.id k8s.ns.label k8s.ns.labels k8s.rs.name"],
  [gone, "k8s.rs.id k8s.rs.label k8s.rs.labels k8s.deployment.name k8s.deployment.id"],
  [gone, "k8s.deployment.label k8s.deployment.labels mesos.task.name mesos.task.id"],
  [gone, "mesos.task.label mesos.task.labels mesos.framework.name mesos.framework.id"],
  [gone, "marathon.app.name marathon.app.id marathon.app.label marathon.app.labels"],
  [gone, "marathon.group.name marathon.group.id"],
  [elsewhere, "syslog.facility.str syslog.facility syslog.severity.str syslog.severity"],
  [elsewhere, "syslog.message"],
];

const byName: ReadonlyMap<string, string> = new Map(
  reasons.flatMap(([why, names]) => names.split(" ").map((name) => [name, why] as const)),
);

/** Of these whatever comes behind. */
const families: readonly (readonly [start: string, why: string])[] = [
  ["evt.arg.", "no SysFlow record has this argument"],
  ["evt.rawarg", "no SysFlow record has raw arguments"],
  ["evt.buflen.", oneCall],
  ["evtin.", gone],
  ["span.", gone],
  ["ka.", elsewhere],
  ["jevt.", elsewhere],
  ["json.", elsewhere],
  ["ct.", elsewhere],
  ["k8smeta.", "fields of Falco's plugins are not known; sf.pod.* and k8s.pod.* are"],
];

/** Each of these may have an index or a key. */
const bracket = /\[[^[\]]*\]$/;

/** Why no record can answer a field that Falco has; undefined where it is no such field. */
export function whyUnavailable(name: string): string | undefined {
  const plain = name.replace(bracket, "");
  const known = byName.get(plain);
  if (known !== undefined) {
    return known;
  }
  if (plain === "evt.arg") {
    return "which argument has which number differs from call to call; use evt.arg.NAME";
  }
  if (plain.startsWith("thread.cgroup.")) {
    return cgroups;
  }
  return families.find(([start]) => name.startsWith(start))?.[1];
}

/** All single names, in the order of the list. */
export const unavailableFields: readonly string[] = [...byName.keys()];
