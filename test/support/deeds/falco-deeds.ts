// Deeds for rules of Falco's own rule file, as it is: the test names rules and does deeds, and has
// nothing of the file.

import type { RuleDeed } from "./rule-deed.ts";

export const falcoFileDeeds: readonly RuleDeed[] = [
  {
    rule: "Modify Shell Configuration File",
    does: 'play helper "write /home/deed/.bashrc"',
    near: "echo true >> /home/deed/.bashrc",
  },
  {
    rule: "Update Package Repository",
    does: 'play helper "write /etc/apt/sources.list.d/deed.list"',
    near: 'play apt-get "write /etc/apt/sources.list.d/deed.list"',
    also: ["Write below etc"],
  },
  {
    rule: "Write below binary dir",
    does: 'play helper "write /usr/bin/deed"',
    near: 'play dpkg "write /usr/bin/deed"; play helper "read /usr/bin/env"',
  },
  {
    rule: "Write below monitored dir",
    does: 'play helper "write /usr/local/bin/deed"',
    near: 'play helper "write /usr/local/share/deed"',
  },
  {
    rule: "Write below etc",
    does: 'play helper "write /etc/deed.conf"',
    near: 'play ldconfig "write /etc/deed.conf"; play helper "read /etc/hostname"',
  },
  {
    rule: "Write below root",
    does: 'play helper "write /root/deed"',
    near: 'play helper "write /root/.npm/deed"; play helper "write /srv/deed"',
  },
  {
    rule: "Read sensitive file trusted after startup",
    does: 'play nginx "read-later /etc/shadow 6"',
    near: 'play nginx "read /etc/shadow"',
    also: ["Read sensitive file untrusted"],
    nearFires: ["Read sensitive file untrusted"],
  },
  {
    rule: "Read sensitive file untrusted",
    does: "cat /etc/shadow > /dev/null",
    near: "read line < /etc/shadow; cat /etc/hostname > /dev/null",
  },
  {
    rule: "Write below rpm database",
    does: 'play helper "write /var/lib/rpm/deed"',
    near: 'play rpm "write /var/lib/rpm/deed"; play helper "write /var/lib/deed"',
  },
  {
    rule: "DB program spawned process",
    does: 'play mysqld "run /bin/true"',
    near: 'play mysql "run /bin/true"',
  },
  {
    rule: "Modify binary dirs",
    does: "mv /usr/bin/before /usr/bin/after",
    near: "mv /srv/before /srv/after",
  },
  {
    rule: "Mkdir binary dirs",
    does: "mkdir /usr/bin/deeds",
    near: "mkdir /usr/local/deeds",
  },
  {
    rule: "Change thread namespace",
    does: 'play helper "setns /proc/self/ns/uts"',
    near: 'play nsenter "setns /proc/self/ns/uts"; play helper "read /proc/self/status"',
  },
  {
    rule: "Run shell untrusted",
    does: 'play nginx "run /bin/sh /deeds/prelude.sh"',
    near: 'play helper "run /bin/sh /deeds/prelude.sh"; play nginx "run /bin/true"',
  },
  {
    rule: "Launch Privileged Container",
    does: "unshare --pid --fork /bin/true",
    near: "unshare --pid --fork /bin/true",
    where: "privileged container",
  },
  {
    rule: "System user interactive",
    does: 'play sshd "run /usr/bin/setpriv --reuid 33 --regid 33 --clear-groups /bin/true"',
    near: "as 33 /bin/true",
  },
  {
    rule: "Terminal shell in container",
    does: 'play -t runc "run /bin/sh /deeds/prelude.sh"',
    near: 'play runc "run /bin/sh /deeds/prelude.sh"',
    where: "container",
  },
  {
    rule: "System procs network activity",
    does: 'play helper "on 203.0.113.7 443 1 /bin/cat /etc/hostname"',
    near: 'play helper "connect 203.0.113.7 443 text"',
  },
  {
    rule: "Non sudo setuid",
    does: 'DEED="setuid 1" as 1 /deeds/bin/helper',
    near: 'DEED="setuid 65534" as 65534 /deeds/bin/helper',
    times: 2,
  },
  {
    rule: "User mgmt binaries",
    does: 'play useradd "" guest',
    near: 'play useradd "" -D; play helper "" guest',
  },
  {
    rule: "Create files below dev",
    does: 'play helper "write /dev/sysflow-deed"; rm /dev/sysflow-deed',
    near: 'play helper "open-to-write /dev/zero"',
  },
];

export const falcoProgramDeeds: readonly RuleDeed[] = [
  {
    rule: "Launch Package Management Process in Container",
    does: 'play apt-get "" install nmap',
    near: 'play apt-get "" install nmap',
    where: "deed in a container",
  },
  {
    rule: "Netcat Remote Code Execution in Container",
    does: 'play nc "" -l 4444 -e /bin/sh',
    near: 'play nc "" -z 203.0.113.7 4444',
    where: "container",
    also: ["Launch Suspicious Network Tool in Container"],
    nearFires: ["Launch Suspicious Network Tool in Container"],
  },
  {
    rule: "Launch Suspicious Network Tool in Container",
    does: 'play nmap "" 203.0.113.7',
    near: 'play nmap "" 203.0.113.7',
    where: "deed in a container",
  },
  {
    rule: "Search Private Keys or Passwords",
    does: 'grep -r "BEGIN RSA PRIVATE" /srv || true',
    near: 'grep -r "BEGIN PUBLIC" /srv || true',
  },
  {
    rule: "Clear Log Activities",
    does: 'play helper "rewrite /var/log/syslog"',
    near: 'play helper "append /var/log/syslog"; play helper "rewrite /srv/deed"',
  },
  {
    rule: "Remove Bulk Data from Disk",
    does: 'play shred "" /root/jobs',
    near: 'play shredder "" /root/jobs',
  },
  {
    rule: "Delete or rename shell history",
    does: "rm /root/.zsh_history",
    near: "echo true > /srv/history; rm /srv/history",
  },
  {
    rule: "Delete Bash History",
    does: 'play mv "" /root/.bash_history /root/old',
    near: 'play ls "" /root/.bash_history',
  },
  {
    rule: "Set Setuid or Setgid bit",
    does: "chmod u+s /srv/tool",
    near: "chmod 755 /srv/tool",
  },
  {
    rule: "Launch Remote File Copy Tools in Container",
    does: 'play scp "" text host:',
    near: 'play scp "" text host:',
    where: "deed in a container",
  },
  {
    rule: "Create Symlink Over Sensitive Files",
    does: "ln -s /etc/shadow /tmp/list",
    near: "ln -s /etc/hostname /tmp/name",
  },
  {
    rule: "Detect crypto miners using the Stratum protocol",
    does: 'play worker "" -o stratum+tcp://pool.example:3333',
    near: 'play worker "" -o https://pool.example',
  },
  {
    rule: "The docker client is executed in a container",
    does: 'play kubectl "" get pods',
    near: 'play kubectl "" get pods',
    where: "deed in a container",
  },
  {
    rule: "Linux Kernel Module Injection Detected",
    does: 'play insmod "" rootkit.ko',
    near: 'play insmod "" rootkit.ko',
    where: "deed in a container",
  },
];

/** Rules that the file switches off by macros that never hold: an operator's file switches them on. */
export const falcoTuning = `
- macro: consider_all_cron_jobs
  condition: (always_true)
- macro: consider_ssh_reads
  condition: (always_true)
- macro: consider_shell_config_reads
  condition: (always_true)
- macro: consider_network_tools_on_host
  condition: (always_true)
- macro: consider_hidden_file_creation
  condition: (always_true)
- macro: consider_interpreted_outbound
  condition: (always_true)
- macro: do_unexpected_udp_check
  condition: (always_true)
- macro: allowed_ssh_hosts
  condition: (fd.sip = "198.51.100.9")
- list: c2_server_ip_list
  items: ['"198.51.100.66"']
`;

export const falcoTunedDeeds: readonly RuleDeed[] = [
  {
    rule: "Schedule Cron Jobs",
    does: 'play crontab "" /root/jobs',
    near: 'play helper "" /root/jobs; cat /etc/crontab > /dev/null',
  },
  {
    rule: "Read ssh information",
    does: "cat /root/.ssh/id_ed25519 > /dev/null",
    near: 'play ssh "read /root/.ssh/id_ed25519"',
  },
  {
    rule: "Read Shell Configuration File",
    does: "cat /home/deed/.profile > /dev/null",
    near: "read line < /home/deed/.profile",
  },
  {
    rule: "Launch Suspicious Network Tool on Host",
    does: 'play tcpdump "" -i any',
    near: 'play helper "" -i any',
  },
  {
    rule: "Create Hidden Files or Directories",
    does: "mkdir /srv/.hidden",
    near: "mkdir /srv/seen",
  },
  {
    rule: "Interpreted procs outbound network activity",
    does: 'play python3 "connect 203.0.113.7 443 text"',
    near: 'play python3 "connect 10.20.30.40 443 text"; play helper "connect 203.0.113.7 443 text"',
  },
  {
    rule: "Unexpected UDP Traffic",
    does: 'play helper "connect-udp 203.0.113.7 4999"',
    near: 'play helper "connect-udp 203.0.113.7 53"',
  },
  {
    rule: "Disallowed SSH Connection",
    does: 'play ssh "connect 203.0.113.7 22"',
    near: 'play ssh "connect 198.51.100.9 22"; play ssh "connect 203.0.113.7 443"',
  },
  {
    rule: "Outbound Connection to C2 Servers",
    does: 'play helper "connect 198.51.100.66 443"',
    near: 'play helper "connect 198.51.100.9 443"',
  },
];
