/** Loaded by the first init, before there is a root file system; ext4 asks for crc32c by an alias that insmod cannot follow. */
export const bootModules = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4", "overlay"] as const;

/** Kept on the root file system for udev and the tests; a name the kernel builds in is skipped. */
export const guestModules = [
  ...bootModules,
  "9p",
  "9pnet_virtio",
  "virtio_net",
  "virtio_rng",
  "xhci_pci",
  "usbhid",
  "hid_generic",
  "wacom",
  "evdev",
  "mousedev",
  "uinput",
  "usb_storage",
  "sd_mod",
  "sg",
  "usbserial",
  "ftdi_sio",
  "snd_usb_audio",
  "snd_seq",
  "cdc_ether",
  "dummy",
  "veth",
  "bridge",
  "loop",
  "bochs",
  "virtio_input",
] as const;
