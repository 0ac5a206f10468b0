import {
  hostNamespaces,
  openPidfd,
  type Pidfd,
  type ReceiptLine,
  readProcess,
  type UeventSender,
} from "@udevns/native";
import { type ContainerTarget, type InjectWork, UdevnsError } from "@udevns/protocol";
import { formatLibudevMessage, formatUevent } from "@udevns/uevent";

/** One sender a container, made once, kept until the container dies. */
export class Senders {
  readonly #open = new Map<string, { pidfd: Pidfd; sender: UeventSender }>();
  readonly #openSender: (target: Pidfd) => UeventSender;
  readonly #onClose: (instance: string) => void;

  /** @param onClose called for each container that was reached and is no longer */
  constructor(openSender: (target: Pidfd) => UeventSender, onClose: (instance: string) => void) {
    this.#openSender = openSender;
    this.#onClose = onClose;
  }

  /** Makes sure that the container can be reached. @throws UDEVNS_E_CONTAINER_GONE */
  reach(container: ContainerTarget): void {
    if (this.#open.get(container.instance)?.pidfd.alive()) return;
    this.close(container.instance);
    const opened = this.#openFor(container);
    this.#open.set(container.instance, opened);
    // A sender holds the namespace; without this it would outlive its container.
    opened.pidfd.onExit(() => this.close(container.instance));
  }

  /** @throws UDEVNS_E_UEVENT_SIZE, UDEVNS_E_INJECT */
  send({ container, uevent, audience }: InjectWork, under?: ReceiptLine): void {
    const entry = this.#open.get(container.instance);
    if (entry === undefined) throw gone(container);
    const { sender } = entry;
    // The kernel passes the sender's credentials on, and libudev believes only the root of its own user namespace.
    const creds = container.root;
    try {
      if (audience.kind === "kernel") sender.sendKernel(formatUevent(uevent, sender.maxKernelPayload), creds, under);
      else {
        const properties = { ...uevent.properties, ...audience.properties };
        sender.sendUdev(formatLibudevMessage(properties, audience.tags), creds, under);
      }
    } catch (error) {
      if (error instanceof UdevnsError) throw error;
      const errno = (error as { code?: string }).code ?? String(error);
      throw new UdevnsError(
        "UDEVNS_E_INJECT",
        { devpath: uevent.devpath, name: container.name, errno },
        { cause: error },
      );
    }
  }

  close(instance: string): void {
    const entry = this.#open.get(instance);
    if (entry === undefined) return;
    entry.sender.close();
    entry.pidfd.close();
    this.#open.delete(instance);
    this.#onClose(instance);
  }

  closeAll(): void {
    for (const instance of [...this.#open.keys()]) this.close(instance);
  }

  #openFor(container: ContainerTarget): { pidfd: Pidfd; sender: UeventSender } {
    let pidfd: Pidfd | undefined;
    let sender: UeventSender | undefined;
    try {
      pidfd = openPidfd(container.pid);
      const same = String(readProcess(container.pid).startTime) === container.startTime;
      sender = this.#openSender(pidfd);
      if (!same || String(sender.netnsInode) !== container.namespaces.net || !pidfd.alive()) throw gone(container);
      // Inventory takes in no such process; but an order is a message, and whoever could write one shall not speak to the host's udevd.
      if (sender.netnsInode === hostNamespaces().net)
        throw new UdevnsError("UDEVNS_E_PID_HOST", { pid: container.pid, namespaces: "net" });
      return { pidfd, sender };
    } catch (error) {
      sender?.close();
      pidfd?.close();
      throw error instanceof UdevnsError ? error : gone(container, error);
    }
  }
}

const gone = ({ name, instance }: ContainerTarget, cause?: unknown): UdevnsError =>
  new UdevnsError("UDEVNS_E_CONTAINER_GONE", { name, instance }, { cause });
