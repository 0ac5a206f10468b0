/** Times in ms. Clocks of different machines are never compared: each replica times what it heard itself. */
export const leaseTimes = {
  /** A replica gives a sign of life so often … */
  beat: 500,
  /** … and one that has given none for so long is taken to be gone. */
  expire: 1_500,
  /** Each worse-placed replica waits so much longer, so that they do not all try at once. */
  stagger: 250,
  /** A better-placed replica must have lived so long before a host moves to it. */
  settle: 5_000,
  /** One that is gone for so long is not remembered. */
  forget: 60_000,
} as const;

/** What one replica knows of one host's lease. */
export interface LeaseView {
  readonly now: number;
  readonly me: string;
  /** Of this replica among the living, for this host; 0 = the best. */
  readonly rank: number;
  /** Since when the rank has been what it is. */
  readonly rankedAt: number;
  /** As last heard. `aliveAt`: the last sign of its holder's life, and not before it was heard first. */
  readonly lease: { readonly holder: string; readonly revision: number; readonly aliveAt: number } | undefined;
  /** Since when there has been none. */
  readonly freeSince: number;
  /** Revision of this replica's own write, while it is the holder. */
  readonly held: number | undefined;
}

export type LeaseStep =
  | { readonly kind: "wait" }
  /** Write it at that revision (0 = there is none); the server refuses it if another was faster. */
  | { readonly kind: "acquire"; readonly revision: number }
  /** Another has it. */
  | { readonly kind: "lost" }
  /** Finish, and free it for the better-placed one. */
  | { readonly kind: "hand over"; readonly revision: number };

const WAIT: LeaseStep = { kind: "wait" };

export function leaseStep(view: LeaseView): LeaseStep {
  return view.held === undefined ? seek(view) : keep(view, view.held);
}

function keep({ now, rank, rankedAt, lease }: LeaseView, held: number): LeaseStep {
  if (lease !== undefined && lease.revision > held) return { kind: "lost" };
  return rank > 0 && now - rankedAt >= leaseTimes.settle ? { kind: "hand over", revision: held } : WAIT;
}

function seek({ now, me, rank, lease, freeSince }: LeaseView): LeaseStep {
  const patience = rank * leaseTimes.stagger;
  if (lease === undefined) return now - freeSince >= patience ? { kind: "acquire", revision: 0 } : WAIT;
  // An earlier life of this very replica; no other process has its name.
  if (lease.holder === me) return { kind: "acquire", revision: lease.revision };
  return now - lease.aliveAt >= leaseTimes.expire + patience ? { kind: "acquire", revision: lease.revision } : WAIT;
}
