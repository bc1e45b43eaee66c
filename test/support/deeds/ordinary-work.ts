// Work of every day on a Debian host, at which rules have to be silent: packages with all that rules
// watch in them, accounts, builds, version control, keys.

export interface Work {
  readonly what: string;
  /** A script as in stage.ts. */
  readonly script: string;
  /** The program without which there is nothing to do, where not every Debian has it. */
  readonly needs?: string;
}

/** A package that brings a job, a unit, a setuid program, a rule of sudo, and more by its script. */
const package_ = `
mkdir -p /srv/package/DEBIAN /srv/package/etc/cron.d /srv/package/etc/sudoers.d /srv/package/usr/bin \\
  /srv/package/lib/systemd/system /srv/package/etc/udev/rules.d /srv/package/etc/profile.d
cd /srv/package
printf 'Package: deed\\nVersion: 1\\nArchitecture: all\\nMaintainer: none\\nDescription: a test\\n' > DEBIAN/control
printf '#!/bin/sh\\nset -e\\necho true >> /etc/profile.d/deed-more.sh\\nchmod u+s /usr/bin/deed-tool\\n
groupadd -f deed-group\\nln -sf /usr/bin/deed-tool /usr/bin/deed-link\\n' > DEBIAN/postinst
chmod 755 DEBIAN/postinst
for name in etc/cron.d/deed etc/sudoers.d/deed usr/bin/deed-tool lib/systemd/system/deed.service \\
  etc/udev/rules.d/80-deed.rules etc/profile.d/deed.sh; do echo true > "$name"; done
chmod 755 usr/bin/deed-tool
cd /
dpkg-deb --root-owner-group --build /srv/package /srv/deed.deb > /dev/null
dpkg -i /srv/deed.deb > /dev/null
dpkg --verify deed
dpkg -P deed > /dev/null 2>&1 || true
`;

export const ordinaryWork: readonly Work[] = [
  { what: "a package built, installed and purged", script: package_, needs: "dpkg-deb" },
  {
    what: "packages asked for",
    script: "apt-cache policy bash > /dev/null; dpkg -l > /dev/null",
    needs: "apt-cache",
  },
  {
    what: "accounts made, changed and removed",
    script: `
useradd -m worker
usermod -s /bin/bash worker
passwd -l worker > /dev/null
chage -l worker > /dev/null
userdel -r worker 2> /dev/null`,
    needs: "useradd",
  },
  {
    what: "a repository cloned and committed to",
    script: `
mkdir /srv/one; cd /srv/one
git init -q; git config user.email a@b; git config user.name a
echo text > file; git add .; git commit -q -m text
git clone -q /srv/one /srv/two; cd /srv/two
git log > /dev/null; git gc -q`,
    needs: "git",
  },
  {
    what: "a program configured, compiled and installed",
    script: `
mkdir /tmp/build; cd /tmp/build
printf 'int main(void) { return 0; }\\n' > tool.c
printf 'all: tool\\ninstall: all\\n\\tinstall -m 755 tool /usr/local/bin/tool\\n' > Makefile
printf '#!/bin/sh\\ncc -o conftest tool.c && ./conftest && chmod +x conftest\\n' > configure
sh ./configure
make -s install
/usr/local/bin/tool`,
    needs: "make",
  },
  {
    what: "keys made and used by SSH itself",
    script: `
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_work
ssh-keygen -l -f /root/.ssh/id_work.pub > /dev/null
ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=2 203.0.113.7 true 2> /dev/null
true`,
    needs: "ssh-keygen",
  },
  {
    what: "files looked at, packed, copied and searched",
    script: `
ls -lR /etc > /dev/null
tar -cf /tmp/etc.tar -C / etc/default
grep -r root /etc/default > /dev/null
find /etc -name passwd > /dev/null
sort /etc/passwd > /dev/null
cp -a /etc/default /tmp/default
du -s /etc > /dev/null
sed -i s/text/TEXT/ /root/jobs`,
  },
  {
    what: "a look at the host",
    script: `
for look in "ps aux" id "uname -a" df mount "ip address" who hostname; do $look > /dev/null; done`,
  },
  {
    what: "another user's command",
    script: "su nobody -s /bin/sh -c id > /dev/null; as 65534 id > /dev/null",
    needs: "su",
  },
  {
    what: "jobs as cron runs them",
    script: `
play cron "run /bin/sh -c true" -f
play cron "run /bin/run-parts /etc/cron.hourly" -f`,
  },
  {
    what: "an image of a file system",
    script: `
dd if=/dev/zero of=/srv/image bs=1M count=4 2> /dev/null
mkfs.ext4 -q -F /srv/image`,
    needs: "mkfs.ext4",
  },
  {
    what: "certificates brought up to date",
    script: "update-ca-certificates > /dev/null 2>&1 || true",
    needs: "update-ca-certificates",
  },
  { what: "libraries brought up to date", script: "ldconfig", needs: "ldconfig" },
  {
    what: "a script in Python",
    script: "python3 -c 'import json, socket; print(json.dumps({}))' > /dev/null",
    needs: "python3",
  },
  {
    what: "a log turned over",
    script: `
play rsyslogd "append /var/log/syslog"
play logrotate "run /bin/mv /var/log/syslog /var/log/syslog.1"
play logrotate "rewrite /var/log/syslog"`,
  },
  {
    what: "a shell that keeps its history",
    script: `
play -t bash "append /root/.bash_history"
play -t bash "rewrite /root/.bash_history"`,
  },
];
