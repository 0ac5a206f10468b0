/** Installed in the guest by the package manager. */
export const guestPackages = [
  "udev",
  "kmod",
  "iproute2",
  "lxc",
  "runc",
  "libinput10",
  "libinput-bin",
  "busybox-static",
  "nats-server",
  "libstdc++6",
] as const;

/** Only unpacked: libinput-tools depends on GTK for one debugging window that the rig never opens. */
export const unpackedPackages = ["libinput-tools"] as const;

/** Depends on the newest kernel of the distribution. */
export const kernelMetaPackage = "linux-image-amd64";
