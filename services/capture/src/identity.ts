/** What names a device in udev's database, from its kernel properties. */
export function identityOf({
  subsystem,
  devpath,
  properties,
}: {
  subsystem: string;
  devpath: string;
  properties: Record<string, string>;
}) {
  const { MAJOR, MINOR } = properties;
  const type = subsystem === "block" ? ("b" as const) : ("c" as const);
  const devnum =
    MAJOR === undefined || MINOR === undefined ? {} : { devnum: { type, major: Number(MAJOR), minor: Number(MINOR) } };
  return { subsystem, devpath, properties, ...devnum };
}
