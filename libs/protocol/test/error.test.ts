import { expect, test } from "@jest/globals";
import { checked, DeviceRecord, UdevnsError } from "../src/index.ts";

test("an error fills its message and its mend", () => {
  const error = new UdevnsError("UDEVNS_E_CLAIM_CONFLICT", { unit: "u1", owner: "c1", container: "c2" });
  expect(error.message).toBe("u1 is held by c1");
  expect(error.mend).toBe("release it there first, or `udevns move u1 c2`");
});

test("an error survives a journey over the bus", () => {
  const error = new UdevnsError("UDEVNS_E_PID", { pid: 7, detail: "no such process" });
  expect(UdevnsError.from(JSON.parse(JSON.stringify(error.report())))).toMatchObject({
    code: "UDEVNS_E_PID",
    message: error.message,
  });
});

test("a message that does not match its schema names the place", () => {
  expect(() => checked(DeviceRecord, { v: 1, host: 3 }, "udevns.v1.x")).toThrow(
    /^message on udevns\.v1\.x is not a valid device: \/\w+/,
  );
});
