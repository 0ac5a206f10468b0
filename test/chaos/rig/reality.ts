import { readdirSync, type Stats, statSync } from "node:fs";
import { ROOT_ID } from "../../support/throwaway.ts";
import { type ContainerName, containers } from "../model/action.ts";
import { DEVICES, has, type World } from "../model/world.ts";
import type { Guest } from "./guests.ts";
import type { Host } from "./host.ts";

/** Where the containers' file systems differ from what they shall show, in words. */
export function differences(host: Host, world: World): string[] {
  return containers.flatMap((name) => {
    const guest = host.guests.get(name);
    return guest === undefined || !world.running.has(name) ? [] : inContainer(host, world, name, guest);
  });
}

function inContainer(host: Host, world: World, name: ContainerName, guest: Guest): string[] {
  const root = `/proc/${guest.container.pid}/root`;
  const present = new Set(list(`${root}/dev`));
  const records = new Set(list(`${root}/run/udev/data`));
  const wrong: string[] = [];
  for (let device = 0; device < DEVICES; device += 1) {
    const { name: node, number } = host.nameOf(device);
    const shall = has(world, name, device);
    if (present.has(node) !== shall) wrong.push(`${name}: /dev/${node} is ${shall ? "not " : ""}there`);
    else if (shall) wrong.push(...wrongNode(`${root}/dev/${node}`, number, guest).map((what) => `${name}: ${what}`));
    const allowed = guest.allowed()?.some((line) => line.startsWith(`b ${number} `));
    if (allowed !== undefined && allowed !== shall)
      wrong.push(`${name}: its cgroup ${shall ? "does not let" : "lets"} it use ${number}`);
    // Only this one has a /run of its own.
    if (name === "udevless" && records.has(`b${number}`) !== shall)
      wrong.push(`${name}: the record b${number} is ${shall ? "not " : ""}there`);
  }
  for (const number of host.formerNumbers()) {
    if (guest.allowed()?.some((line) => line.startsWith(`b ${number} `)))
      wrong.push(`${name}: its cgroup lets it use ${number}, which is nobody's here any more`);
    if (records.has(`b${number}`))
      wrong.push(`${name}: the record b${number} is there, which is nobody's here any more`);
  }
  return wrong;
}

function wrongNode(path: string, number: string | undefined, { container }: Guest): string[] {
  const seen = statSync(path);
  const owner = container.userns ? ROOT_ID : 0;
  const what = [
    ...(seen.isBlockDevice() && devnumOf(seen) === number ? [] : [`is no block device ${number}`]),
    ...(seen.uid === owner ? [] : [`belongs to ${seen.uid}`]),
  ];
  return what.map((text) => `${path} ${text}`);
}

/** gnu_dev_major(3), gnu_dev_minor(3). */
function devnumOf({ rdev }: Stats): string {
  const minor = (rdev % 256) + Math.floor(rdev / 2 ** 20) * 256;
  return `${Math.floor(rdev / 256) % 4096}:${minor}`;
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
