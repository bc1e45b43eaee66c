// What the deeds for rules find on their stage, made before anybody looks.

export const furniture = `
mkdir -p /root/.ssh /root/.aws /root/.cargo/bin /usr/local/share/ca-certificates /etc/udev/rules.d \\
  /etc/systemd/system /var/spool/cron/crontabs /etc/cron.d /etc/sudoers.d /etc/ld.so.conf.d /etc/pam.d /srv \\
  /home/deed/.config/systemd/user /var/lib/rpm /root/.npm /etc/apt/sources.list.d \\
  /run/secrets/kubernetes.io/serviceaccount /etc/kubernetes /etc/modules-load.d /lib/modules/deed /srv/cgroup \\
  /usr/lib/x86_64-linux-gnu/security /usr/lib/security /etc/profile.d
chmod 777 /tmp
for name in .ssh/id_ed25519 .ssh/id_ed25519.pub .ssh/authorized_keys .aws/credentials .aws/config .bashrc jobs \\
  .bash_history .zsh_history .psql_history .mysql_history; do echo text >> "/root/$name"; done
for name in /etc/ssh/ssh_host_deed_key /run/secrets/kubernetes.io/serviceaccount/token /etc/kubernetes/admin.conf \\
  /etc/modules-load.d/own.conf /home/deed/.profile /usr/bin/before /srv/before /srv/tool; do echo text > "$name"; done
for name in auth.log syslog kern.log messages secure deed.log; do echo line >> "/var/log/$name"; done
touch /etc/udev/rules.d/own.rules /etc/sudoers.d/own /etc/systemd/system/own.service /etc/cron.d/own /etc/crontab /etc/sudoers /etc/pam.d/login
echo 'DEED="memory runc_cloned:/proc/self/exe" exec /deeds/bin/runc' > /srv/clone.sh
for name in rooted sudo; do
  rm -f "/deeds/bin/$name"
  cp /deeds/actor "/deeds/bin/$name"
  chmod 4755 "/deeds/bin/$name"
done
`;
