import type { CleanUps } from "../../cluster/support/clean-ups.ts";
import { type Dockerd, startGuest } from "../../support/dockerd.ts";
import { type Listener, listenIn } from "../../support/listener.ts";
import { pokeUevent } from "../../support/synthetic.ts";
import type { Zram } from "../../support/zram.ts";

/** A container that devices are given to, and what it hears of them. */
export class Owner {
  readonly listener: Listener;
  readonly #run: (command: string) => Promise<{ code: number }>;
  #poked = 0;

  private constructor(listener: Listener, run: (command: string) => Promise<{ code: number }>) {
    this.listener = listener;
    this.#run = run;
  }

  static async start(dockerd: Dockerd, name: string, cleanUps: CleanUps): Promise<Owner> {
    const guest = await startGuest(dockerd, name, { labels: { "udevns.enable": "true" } });
    cleanUps.add(() => guest.container.remove({ force: true }));
    const listener = listenIn(guest);
    cleanUps.add(() => listener.close());
    return new Owner(listener, guest.run);
  }

  async has({ name }: Zram): Promise<boolean> {
    return (await this.#run(`test -b /dev/${name}`)).code === 0;
  }

  /** The kernel says something of the device. @returns its number */
  poke({ devpath }: Zram): number {
    pokeUevent(devpath, ++this.#poked);
    return this.#poked;
  }

  /** All numbers, as they were poked. */
  get poked(): number[] {
    return Array.from({ length: this.#poked }, (_, index) => index + 1);
  }

  /** Those that were heard, in that order. */
  heard({ devpath }: Zram): number[] {
    return this.listener.events
      .filter((event) => event.injected && event.devpath === devpath && event.properties.SYNTH_ARG_N !== undefined)
      .map((event) => Number(event.properties.SYNTH_ARG_N));
  }
}
