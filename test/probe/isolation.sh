# What a process in a container finds of its isolation, one fact a line. Run by busybox's sh.
status() { grep "^$1:" /proc/self/status | tr -s '\t ' ' '; }
for field in CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp Groups; do status $field; done
echo "ids $(id -u):$(id -g) umask $(umask) cwd $(pwd)"
echo "env $(env | sed 's/=.*//' | sort | tr '\n' ' ')"
echo "oom $(cat /proc/self/oom_score_adj) pid1 $(tr '\0' ' ' < /proc/1/cmdline | cut -d' ' -f1)"
for file in interrupts kcore keys latency_stats timer_list timer_stats sched_debug; do
  [ -e /proc/$file ] && echo "/proc/$file $(stat -c '%F %t:%T' /proc/$file 2>&1) $(head -c 1 /proc/$file 2>&1 | wc -c)"
done
for folder in /proc/asound /proc/acpi /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do
  [ -e $folder ] && echo "$folder has $(ls $folder | wc -l) $(touch $folder/x 2>&1 | sed 's/.*: //')"
done
for path in /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger; do
  [ -e $path ] && echo "$path $(grep " $path " /proc/self/mounts | cut -d' ' -f4 | cut -d, -f1)"
done
find /dev -type c -exec stat -c '%n %F %t:%T %a %u:%g' {} \; | sort
find /dev -type l -exec sh -c 'echo "$1 -> $(readlink "$1")"' _ {} \; | sort
for point in / /proc /dev /dev/pts /sys /sys/fs/cgroup /dev/mqueue /dev/shm; do
  grep " $point " /proc/self/mounts | tail -1 | awk '{ print $2, $3, $4 }' | sed -E 's/(lowerdir|upperdir|workdir)[^, ]*,?//g; s/(index|redirect_dir|metacopy|uuid|xino|volatile|nouserxattr|inode64|size|nr_inodes)(=[^, ]*)?,?//g; s/,$//'
done
for point in /etc/hosts /etc/hostname /etc/resolv.conf; do grep -c " $point " /proc/self/mounts | sed "s|^|$point mounted |"; done
for name in net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range net/ipv4/ip_forward; do
  echo "$name $(tr '\t' ' ' < /proc/sys/$name)"
done
awk 'NR > 1 { print "limit", $0 }' /proc/self/limits | tr -s ' ' | sed 's/ $//'
try() { echo "$1: $(eval "$2" 2>&1 > /dev/null | head -1 | sed 's/.*: //; s/^$/done/' | grep . || echo done)"; }
try "mount" "mount -t tmpfs x /mnt"
try "unshare a user namespace" "unshare -U true"
try "unshare a mount namespace" "unshare -m true"
try "set the time" "date -s 2001-01-01"
try "make a node of a disk" "mknod /tmp/disk b 8 0"
try "open it" "head -c 1 /tmp/disk"
try "write a sysctl" "echo 1 > /proc/sys/kernel/panic"
try "change the host name" "hostname other"
try "chroot" "chroot / true"
try "bind a low port" "timeout 1 nc -l -p 80; true"
try "read the kernel's log" "dmesg"
try "load a module" "insmod /nothing"
try "remount the root" "mount -o remount,ro /"
try "change owners" "touch /tmp/f; chown 5:5 /tmp/f"
try "keep a raw socket" "ping -c 1 -w 1 127.0.0.1"
