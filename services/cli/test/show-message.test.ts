import { expect, test } from "@jest/globals";
import { subjects } from "@udevns/protocol";
import { showMessage } from "../src/show-message.ts";
import { decision, heard, result } from "./support/messages.ts";

const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));

test.each<[string, unknown]>([
  [subjects.uevent("lab", "block", "add"), heard],
  [subjects.audit("lab", "decision"), decision],
  [subjects.result("lab", "web", "devnode"), result()],
])("%s: programs get the message itself", (subject, message) => {
  expect(showMessage(subject, bytes(message))?.document).toEqual({ subject, message });
});

test.each<[string, string, unknown]>([
  ["no JSON", subjects.uevent("lab", "block", "add"), "{"],
  ["nothing", subjects.uevent("lab", "block", "add"), ""],
  ["null", subjects.container("lab", "start"), "null"],
  ["another's JSON", subjects.result("lab", "web", "devnode"), { hello: 1 }],
  ["an audit record without a text", subjects.audit("lab", "decision"), {}],
  ["no JSON on a subject that is not ours", "udevns.v1.junk", "junk"],
])("%s is shown as malformed, and nothing is thrown", (_, subject, message) => {
  const shown = showMessage(subject, bytes(message));
  expect(shown?.line).toMatchObject({ hop: "malformed", text: expect.stringContaining(subject) });
  expect(shown?.document).toEqual({ subject, malformed: expect.any(String) });
  expect(showMessage(subject, bytes(message), "web")).toBeUndefined();
});

test("a request without a body is no fault", () => {
  expect(showMessage(subjects.rpc("lab", "scan"), bytes(""))).toBeUndefined();
});
