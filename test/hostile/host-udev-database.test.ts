import { expect, test } from "@jest/globals";
import { kinds } from "./support/containers.ts";
import { onOwnHost } from "./support/own-host.ts";

test.each(kinds)(
  "the host's udev database, bound into a container, gets no record of ours ($kind)",
  async ({ userns }) => {
    const seen = await onOwnHost("host-udev-database", String(userns));
    expect(seen).toEqual({ outcome: "done", database: ["data", "data/c1:5"], record: "E:HOST=1\n" });
  },
);
