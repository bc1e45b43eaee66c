// Deeds for the rules on wiped traces, on programs from odd places, and on rights (src/policy/defaults).

import type { RuleDeed } from "./rule-deed.ts";

export const evasionDeeds: readonly RuleDeed[] = [
  {
    rule: "Log removed or emptied",
    does: [
      "rm /var/log/auth.log",
      "mv /var/log/kern.log /srv/kern.log",
      ": > /var/log/messages",
      "truncate -s 0 /var/log/secure",
    ],
    near: `
play logrotate "rewrite /var/log/syslog"; echo line >> /var/log/syslog; rm /var/log/deed.log
play rsyslogd "rewrite /var/log/syslog"`,
  },
  {
    rule: "History of commands wiped",
    does: [
      "ln -sf /dev/null /root/.bash_history",
      "rm /root/.psql_history",
      ": > /root/.bash_history",
      "truncate -s 0 /root/.zsh_history",
      "mv /root/.mysql_history /srv/old",
      "ln -s /dev/null /home/deed/.bash_history",
    ],
    near: 'play bash "rewrite /root/.zsh_history"; echo true >> /root/.zsh_history',
  },
  {
    rule: "Time of a system file forged",
    does: "touch -r /etc/passwd /usr/local/bin/deed",
    near: "touch /usr/local/bin/deed; touch -d yesterday /tmp/deed",
  },
  {
    rule: "Guard of the system switched off",
    does: [
      'play systemctl "" stop auditd.service',
      'play systemctl "" --now disable falco',
      'play setenforce "" 0',
      'play auditctl "" -e 0',
      'play python3.13 "" /usr/sbin/ufw disable',
      'play xtables-nft-multi "" -F',
      'play nft "" flush ruleset',
    ],
    near: `
play systemctl "" status auditd; play systemctl "" restart cron; play systemctl "" stop cups
play setenforce "" 1
play auditctl "" -l
play xtables-nft-multi "" -L
play nft "" list ruleset
play echo "" -F
play ls "" 0`,
  },
  {
    rule: "File made unchangeable",
    does: 'play chattr "" +i /etc/cron.d/job',
    near: 'play chattr "" -i /etc/cron.d/job; play lsattr "" /etc',
  },
  {
    rule: "Hidden program started",
    does: "mkdir -p /tmp/.x; cp /deeds/actor /tmp/.x/worker; /tmp/.x/worker",
    near: `
mkdir -p /root/.cargo/bin; cp /deeds/actor /root/.cargo/bin/tool; /root/.cargo/bin/tool
mkdir -p /tmp/.mount_x; cp /deeds/actor /tmp/.mount_x/tool; /tmp/.mount_x/tool`,
  },
  {
    rule: "File overwritten to be beyond recovery",
    does: 'play shred "" -u /root/jobs',
    near: 'play shred "" --version',
  },
];

export const executionDeeds: readonly RuleDeed[] = [
  {
    rule: "Program started from memory",
    does: ['play helper "memory"', 'play helper "memory runc_cloned:/proc/self/exe"'],
    near: `
/deeds/bin/helper
play containerd-shim "run /bin/sh /srv/clone.sh"`,
  },
  {
    rule: "Program started from a folder of devices",
    does: "cp /deeds/actor /dev/shm/sysflow-deed; /dev/shm/sysflow-deed; rm /dev/shm/sysflow-deed",
    near: "cp /deeds/actor /dev/shm/sysflow-deed; rm /dev/shm/sysflow-deed",
  },
  {
    rule: "Service account starts a program from a temporary folder",
    does: "cp /deeds/actor /tmp/worker; as 33 /tmp/worker",
    near: "cp /deeds/actor /tmp/worker; as 1000 /tmp/worker; as 33 /bin/true",
  },
  {
    rule: "Program started whose file is gone",
    does: 'play helper "gone /opt/deed"',
    near: 'play helper "run /bin/true"',
  },
  {
    rule: "File in a temporary folder made a program",
    does: "echo > /tmp/tool; chmod 755 /tmp/tool",
    near: "echo > /tmp/text; chmod 600 /tmp/text; echo > /root/tool; chmod 755 /root/tool",
    where: "container",
  },
  {
    rule: "Program of the system changed",
    does: [
      "cp /deeds/actor /usr/bin/deed",
      "cp /deeds/actor /srv/new; mv /srv/new /usr/sbin/moved",
      "ln -s /srv/new /usr/bin/linked",
    ],
    near: 'play dpkg "run /bin/cp /deeds/actor /usr/bin/deed"; cp /deeds/actor /usr/local/bin/deed',
  },
  {
    rule: "File in a temporary folder made a program",
    does: [
      "cp /deeds/actor /dev/shm/deed-2; chmod 700 /dev/shm/deed-2; rm /dev/shm/deed-2",
      "as 33 /bin/sh -c 'cp /deeds/actor /tmp/web; chmod 755 /tmp/web'",
    ],
    near: "echo > /tmp/mine; chmod 755 /tmp/mine",
  },
];

export const privilegeDeeds: readonly RuleDeed[] = [
  {
    rule: "Program made to run as its owner",
    does: "cp /deeds/actor /root/tool; chmod u+s /root/tool",
    near: "cp /deeds/actor /root/tool; chmod 755 /root/tool; mkdir /root/share; chmod g+s /root/share",
  },
  {
    rule: "Rules of sudo changed",
    does: [
      "echo 'www-data ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/web",
      "cp /root/jobs /srv/rules; mv /srv/rules /etc/sudoers.d/moved",
    ],
    near: 'play visudo "rewrite /etc/sudoers"; cat /etc/sudoers > /dev/null',
  },
  {
    rule: "Name space of another process entered",
    does: 'play helper "setns /proc/self/ns/uts"',
    near: 'play helper "read /proc/self/status"; play nsenter "setns /proc/self/ns/uts"',
  },
  {
    rule: "Process became root",
    does: 'DEED="setuid 0" as 65534 /bin/sh -c "/deeds/bin/rooted; true"',
    near: 'DEED="setuid 0" as 65534 /bin/sh -c "/deeds/bin/sudo; true"; play helper "setuid 0"',
  },
  {
    rule: "Program that the kernel runs changed",
    does: [
      'play helper "open-to-write /proc/sys/kernel/core_pattern"',
      'play helper "write /srv/cgroup/release_agent"',
    ],
    near: `
play systemd-sysctl "open-to-write /proc/sys/kernel/core_pattern"; cat /proc/sys/kernel/core_pattern
play update-binfmts "open-to-write /proc/sys/kernel/core_pattern"`,
  },
  {
    rule: "Name space of another process entered",
    does: 'play nsenter "setns /proc/self/ns/uts"',
    near: 'play runc "setns /proc/self/ns/uts"',
    where: "container",
  },
];
