import { afterAll, beforeAll, describe } from "@jest/globals";
import { cluster } from "./stories/cluster.ts";
import { oneHost } from "./stories/one-host.ts";
import { testcontainers } from "./stories/testcontainers.ts";
import { buildImages, type Images } from "./support/composed.ts";

// One file, because the images are made once.
let images: Images;
beforeAll(async () => {
  images = await buildImages();
}, 240_000);
afterAll(() => images?.stop());

describe("one host", () => oneHost(() => images));
describe("profile cluster", () => cluster(() => images));
describe("testcontainers", () => testcontainers(() => images));
