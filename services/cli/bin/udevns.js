#!/usr/bin/env node
// The sources are TypeScript; tsx runs them as they are, so there is no build that could be out of date.
import { register } from "tsx/esm/api";

register();
await import("../src/main.ts");
