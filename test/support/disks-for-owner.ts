/** A policy with one rule: the block devices of this name or glob are the container `owner`'s. */
export const disksForOwner = (devname: string): string => `version: 1
rules:
  - name: disks for their owner
    match: { subsystem: block, devname: "${devname}" }
    give: { container: owner, share: true }
`;
