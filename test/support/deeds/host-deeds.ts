// Deeds for the rules on containers, networks, the kernel, mounts and discovery (src/policy/defaults).

import type { RuleDeed } from "./rule-deed.ts";

export const containerDeeds: readonly RuleDeed[] = [
  {
    rule: "Package manager in a container",
    does: 'play apt-get "run /deeds/bin/dpkg -i x.deb" install nmap',
    near: `
play apt-get "" --version
play buildkitd "run /deeds/bin/apt-get install nmap"
play dpkg-deb "" --info x.deb`,
    where: "container",
  },
  {
    rule: "Compiler in a container",
    does: ['play cc1 "" -quiet x.c', 'play x86_64-linux-gnu-gcc-14 "" x.c'],
    near: `
play go "" version; play python3.13 "" setup.py
play buildkitd "run /deeds/bin/cc1 x.c"`,
    where: "container",
  },
  {
    rule: "Configuration changed by hand in a container",
    does: 'play -t nano "write /etc/hosts"',
    near: 'play entrypoint "write /etc/hosts"; play -t nano "write /srv/page"',
    where: "container",
  },
  {
    rule: "Client of containers or clusters in a container",
    does: 'play kubectl "" get pods',
    near: 'play kubectl "" get pods',
    where: "deed in a container",
  },
  {
    rule: "Disk of the host opened in a container",
    does: ["mknod /root/disk b 7 200", 'play helper "write /dev/sdz9"; rm /dev/sdz9'],
    near: `
mknod /root/null c 1 3; mkfifo /root/pipe
play runc "write /dev/sdz8"; rm /dev/sdz8`,
    where: "container",
  },
];

export const networkDeeds: readonly RuleDeed[] = [
  {
    rule: "Data sent by a program that has no network",
    does: 'play helper "on 203.0.113.7 443 1 /bin/cat /etc/hostname"',
    near: 'play helper "on 127.0.0.1 443 1 /bin/cat /etc/hostname"',
  },
  {
    rule: "Crypto miner started",
    does: ['play worker "" -o stratum+tcp://pool.example:3333 -u wallet', 'play xmrig ""'],
    near: 'play worker "" -o https://pool.example; grep -r stratum+tcp:// /srv || true',
  },
  {
    rule: "Connection to a port of mining pools",
    does: 'play worker "connect 203.0.113.7 3333"',
    near: `
play worker "connect 203.0.113.7 443"; play worker "connect 10.20.30.40 3333"
play worker "connect 127.0.0.1 3333"`,
  },
  {
    rule: "Cloud metadata asked for by hand",
    does: 'play curl "connect 169.254.169.254 80"',
    near: 'play cloud-agent "connect 169.254.169.254 80"; play curl "connect 203.0.113.7 80"',
  },
  {
    rule: "Database connects to the Internet",
    does: 'play postgres "connect 203.0.113.7 443 data"',
    near: `
play postgres "connect 10.20.30.40 5432 data"; play postgres "connect-udp 203.0.113.7 53"
play postgres "connect 127.0.0.1 443 data"`,
  },
  {
    rule: "Netcat takes a connection",
    does: '(sleep 0.2; play helper "connect 203.0.113.7 6000 data") & play nc.openbsd "accept 6000" -l 6000; wait',
    near: '(sleep 0.2; play helper "connect 127.0.0.1 6001 data") & play nc.openbsd "accept 6001" -l 6001; wait',
  },
  {
    rule: "Connection to Tor",
    does: ['play helper "connect 127.0.0.1 9050"', 'play tor ""'],
    near: 'play helper "connect 127.0.0.1 9051"',
  },
];

export const kernelDeeds: readonly RuleDeed[] = [
  {
    rule: "Kernel module loaded from a file",
    does: 'play kmod "" /tmp/rootkit.ko',
    near: `
play kmod "" -q -- net-pf-10; play kmod ""
play kmod "" list x.ko
play ls "" x.ko`,
  },
  {
    rule: "Module loader started in a container",
    does: 'play kmod "" ip_tables',
    near: 'play kmod ""; play kmod "" --version',
    where: "container",
  },
  {
    rule: "Kernel module put in place",
    does: [
      "mkdir -p /lib/modules/deed; cp /root/jobs /lib/modules/deed/rootkit.ko",
      "cp /root/jobs /srv/x.ko; mv /srv/x.ko /lib/modules/deed/moved.ko",
      "echo rootkit > /etc/modules-load.d/rootkit.conf",
    ],
    near: `
mkdir -p /lib/modules/deed; cp /root/jobs /lib/modules/deed/modules.dep
play -t nano "write /etc/modules-load.d/own.conf"
cat /etc/modules-load.d/own.conf`,
  },
  {
    rule: "Protection of the kernel changed",
    does: 'play helper "open-to-write /proc/sys/kernel/randomize_va_space"',
    near: `
play helper "open-to-write /proc/sys/kernel/panic"; cat /proc/sys/kernel/randomize_va_space
play systemd-sysctl "open-to-write /proc/sys/kernel/randomize_va_space"`,
  },
];

export const mountDeeds: readonly RuleDeed[] = [
  {
    rule: "Mount in a container",
    does: "mkdir -p /mnt/deed; mount -t tmpfs tmpfs /mnt/deed",
    near: "mkdir -p /mnt/deed; mount -t tmpfs tmpfs /mnt/deed",
    where: "deed in a container",
  },
  {
    rule: "Process hidden by a mount",
    does: "mkdir -p /mnt/none; mount --bind /mnt/none /proc/$$; umount /proc/$$",
    near: `
mkdir -p /mnt/none /mnt/other; mount --bind /mnt/none /mnt/other
umount /mnt/other
mount --bind /mnt/none /proc/0 2> /dev/null || true`,
  },
  {
    rule: "File of the system made writable for all",
    does: "chmod 666 /etc/hosts",
    near: `
chmod 644 /etc/hosts; echo > /tmp/text; chmod 666 /tmp/text
mkdir /usr/local/drop; chmod 1777 /usr/local/drop`,
  },
  {
    rule: "File of the system given to a user",
    does: ["chown 1000 /usr/bin/env", "chown 1000 /etc/group", "chown 1000 /etc/sudoers"],
    near: "chown 0:0 /usr/bin/env; echo > /tmp/text; chown 1000 /tmp/text",
  },
  {
    rule: "Folder of the system covered by a mount",
    does: [
      "mount -t tmpfs tmpfs /usr/sbin; umount /usr/sbin",
      "mount --bind /root/jobs /etc/hostname; umount /etc/hostname",
    ],
    near: `
mkdir -p /media/stick; mount -t tmpfs tmpfs /media/stick
mount -t tmpfs tmpfs /etc/nothing 2> /dev/null || true`,
  },
];

export const discoveryDeeds: readonly RuleDeed[] = [
  {
    rule: "Web server looks around",
    does: ['play nginx "run /usr/bin/whoami"', 'play apache2 "run /bin/cat /etc/passwd"'],
    near: `
play helper "run /usr/bin/whoami"; play nginx "run /usr/bin/sort --version"
play apache2 "run /bin/cat /etc/hostname"
play helper "run /bin/cat /etc/passwd"`,
  },
  {
    rule: "Network scanner started",
    does: 'play nmap "" -sS 203.0.113.7',
    near: 'play nmap "" --version',
  },
  {
    rule: "Network traffic listened to",
    does: 'play tcpdump "" -i any',
    near: 'play tcpdump "" --version',
  },
  {
    rule: "Disk overwritten",
    does: [
      'play mkfs.ext4 "" /dev/sdx1',
      'play wipefs "" -a /dev/sdx',
      'play dd "" if=/dev/zero of=/dev/sdx',
    ],
    near: `
play mkfs.ext4 "" /root/image; play cryptsetup "" isLuks /dev/sdx1; dd if=/dev/zero of=/root/image count=1
play ls "" of=/dev/sdx`,
  },
];
