import { argumentsFor, bundleUdevns } from "../../support/bundle.ts";

/** Where the bundle lies in the guest. */
export const guestPath = "/udevns";

/** The injector's senders by themselves, for the table that both of its transports have to pass. */
const senders = "test/vm/udevns/send.ts";

export const bundleForGuest = (target: string): Promise<void> => bundleUdevns(target, guestPath, [senders]);

export const sendInGuest = ["node", ...argumentsFor(guestPath, senders)].join(" ");
