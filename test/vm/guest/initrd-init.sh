#!/bin/busybox sh
# First init: the image stays read-only, so that one image serves any number of boots.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
while read -r module; do
	/bin/busybox insmod "/modules/$module" || echo "rig: cannot load $module"
done < /modules.list
/bin/busybox mount -t ext4 -o ro /dev/vda /lower || exec /bin/busybox poweroff -f
/bin/busybox mount -t tmpfs -o size=75% tmpfs /upper
/bin/busybox mkdir /upper/upper /upper/work
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/upper,workdir=/upper/work overlay /root
/bin/busybox mount -o move /dev /root/dev
/bin/busybox mount -o move /lower /root/lower
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /bin/busybox init
