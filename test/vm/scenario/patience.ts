/** How long something may take that is never late on an idle machine: the build machine may be a busy one. */
export const PATIENCE = 60_000;

/** Between two looks: emulated, looking costs as much as what is watched. */
export const POLL = 200;
