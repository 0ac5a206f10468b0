#!/bin/sh
# Second init: what systemd would have mounted and started, as far as the tests need it.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs tmpfs /tmp
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t securityfs securityfs /sys/kernel/security
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
# PID 1 stays in the root cgroup: a process in a sub-cgroup keeps lxc from enabling controllers.
echo '+cpu +memory +pids' > /sys/fs/cgroup/cgroup.subtree_control
# Shared, as under systemd: otherwise mount propagation differs from every real host.
mount --make-rshared /
hostname rig
ip link set lo up

/lib/systemd/systemd-udevd --daemon
udevadm trigger --type=subsystems --action=add
udevadm trigger --type=devices --action=add
udevadm settle

# QEMU's user network always hands out these addresses; a DHCP client would only cost time.
for path in /sys/bus/virtio/drivers/virtio_net/virtio*/net/*; do
	ip addr add 10.0.2.15/24 dev "${path##*/}"
	ip link set "${path##*/}" up
	ip route add default via 10.0.2.2
done
