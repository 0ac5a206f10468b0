import { type Static, Type } from "@sinclair/typebox";
import { type ContainerRecord, runtimes, StringMap } from "@udevns/protocol";

/** A container as a person writes it in a test: what a rule can ask, and no more. */
export const ContainerSketch = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    labels: Type.Optional(StringMap),
    runtime: Type.Optional(Type.Union(runtimes.map((name) => Type.Literal(name)))),
  },
  { additionalProperties: false },
);
export type ContainerSketch = Static<typeof ContainerSketch>;

export const containerFromSketch = ({ name, labels, runtime }: ContainerSketch, host: string): ContainerRecord => ({
  v: 1,
  host,
  boot: "sketch",
  name,
  instance: `sketch:${name}`,
  pid: 1,
  startTime: "0",
  namespaces: { net: "0", mnt: "0", user: "0" },
  userNamespaced: false,
  root: { uid: 0, gid: 0 },
  runtime: runtime ?? "process",
  state: "running",
  labels: { ...labels },
  idMap: { uid: [], gid: [] },
  cgroups: [],
  since: "",
});
