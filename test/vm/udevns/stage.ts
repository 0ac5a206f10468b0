import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rig } from "../driver/rig.ts";
import { provideRig } from "../image/rig.ts";
import { Container } from "../scenario/container.ts";
import { buildKernel, buildOciRuntime, buildPrograms } from "../scenario/kernel-build.ts";
import { bundleForGuest } from "./bundle.ts";
import { Udevns } from "./udevns.ts";

export interface Stage {
  readonly rig: Rig;
  readonly udevns: Udevns;
  readonly containers: readonly [Container, Container];
  close(): Promise<void>;
}

/** A guest with udevns and the containers `c1` and `c2`, drivers loaded: their own events come with the first device. */
export async function openStage(policy: string): Promise<Stage> {
  const bundle = await mkdtemp(join(tmpdir(), "udevns-bundle-"));
  let rig: Rig | undefined;
  const close = async (): Promise<void> => {
    await rig?.close();
    await rm(bundle, { recursive: true, force: true });
  };
  try {
    const [kernel, oci] = [await buildKernel((await provideRig()).release), await buildOciRuntime()];
    await bundleForGuest(bundle);
    rig = await Rig.boot({ shares: { udevns: bundle, kernel, oci, programs: await buildPrograms() }, memory: "2G" });
    await rig.mount("kernel", "/kernel");
    await rig.mount("oci", "/oci");
    await rig.sh("modprobe -a usbhid hid_generic mousedev usb_storage sd_mod ftdi_sio snd_usb_audio && udevadm settle");
    const containers = [await Container.start(rig, "c1"), await Container.start(rig, "c2")] as const;
    const udevns = await Udevns.start(rig, policy);
    return { rig, udevns, containers, close };
  } catch (error) {
    await close();
    throw error;
  }
}
