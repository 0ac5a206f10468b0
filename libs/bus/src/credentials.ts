import { nkeys } from "nats";
import { type BusUser, permissions } from "./permissions.ts";

export interface UserKey {
  readonly user: BusUser;
  /** `U…`, what the server knows. */
  readonly publicKey: string;
}

/** A new NKey: the seed is the secret (`SU…`), the server never sees it. */
export const createSeed = (): string => Buffer.from(nkeys.createUser().getSeed()).toString("ascii");

/** @throws when the text is no seed */
export const publicKeyOf = (seed: string): string => nkeys.fromSeed(Buffer.from(seed, "ascii")).getPublicKey();

/** The users of a nats-server, in its own configuration language. JSON is part of that. */
export function usersConfig(keys: readonly UserKey[]): string {
  const users = keys.map(({ user, publicKey }) => {
    const { publish, subscribe, responses } = permissions(user);
    const rights = {
      publish: { allow: publish },
      subscribe: { allow: subscribe },
      ...(responses ? { allow_responses: true } : {}),
    };
    return { nkey: publicKey, permissions: rights };
  });
  return `authorization: ${JSON.stringify({ users }, undefined, 2)}\n`;
}
