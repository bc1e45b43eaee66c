#!/bin/busybox sh
# The first process of a guest: runs the collector around the test programs and hands out what came of
# it. `engine` and `jit` are words of the kernel's command line.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs -o mode=1777 tmp /tmp
mkdir -p /tmp/out /tmp/workload /tmp/ipv6 /tmp/syscalls
# execveat of a descriptor names the program so.
ln -s /proc/self/fd /dev/fd
ip link set lo up
cd /tmp/out

# A line of the console, with seconds since the start.
say() {
  read -r now rest < /proc/uptime
  echo "guest: $now s: $*" | tee -a times
}

# Waits until a file says it. Fails where its writer has ended before.
await() {
  until grep -q "$1" "$2"; do
    kill -0 "$3" 2> /dev/null || return 1
    usleep 100000
  done
}

# Waits until the capture thread has read the rings, which takes long on a slow emulated machine: it comes
# to rest then, but for what this makes it see.
settle() {
  for task in /proc/"$1"/task/*; do
    read -r comm < "$task/comm" && [ "$comm" = sysflow-capture ] && break
  done
  ticks=0
  rests=0
  tries=0
  while [ $rests -lt 3 ] && [ $tries -lt 240 ]; do
    usleep 500000
    before=$ticks
    read -r stat < "$task/stat"
    set -- $stat
    ticks=$((${14} + ${15}))
    rests=$((ticks - before <= 10 ? rests + 1 : 0))
    tries=$((tries + 1))
  done
  say "at rest after $tries looks"
}

# Runs a test program as the tests do on a host: no variables, its facts in a file of its own.
act() {
  env -i "/$2" "/tmp/$1" $3 > "$1.jsonl" 2> "$1.stderr"
  say "$1 ended with $?"
}

if [ "$jit" = off ]; then
  echo 0 > /proc/sys/net/core/bpf_jit_enable
fi
if [ "$engine" = kmod ]; then
  insmod /scap.ko
  say "insmod ended with $?"
fi
/sysflow check --json > check.json 2> check.stderr
echo $? > check.status
say "check ended with $(cat check.status)"

: > collect.stderr
/sysflow collect -k "$engine" -w /tmp/live.sf -G 100000 -e tests --json --schema=6 \
  --no-process-flows --no-file-only --file-read-mode=0 > summary.json 2> collect.stderr &
collector=$!
if await "collecting with" collect.stderr $collector; then
  say "collecting"
  act workload workload
  act ipv6 workload ipv6
  act syscalls syscalls
  # Builds of one program for the widths that the machine has, in a place that their records share.
  for program in /width-*; do
    [ -f "$program" ] || continue
    mkdir -p /tmp/width
    env -i "$program" /tmp/width 41877
    say "$program ended with $?"
  done
  settle $collector
  kill -TERM $collector
fi
wait $collector
echo $? > collect.status
say "collect ended with $(cat collect.status)"
grep -v ": info: " collect.stderr | sed 's/^/stderr: /'

if [ -f /tmp/live.sf* ]; then
  mv /tmp/live.sf* live.sf
  if [ -c /dev/vport0p1 ]; then
    tar -c . > /dev/vport0p1
  elif [ -c /dev/ttyS1 ]; then
    stty -F /dev/ttyS1 raw -echo
    tar -c . > /dev/ttyS1
  fi
fi
say "done"
poweroff -f
