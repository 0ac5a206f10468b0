// Node 20 workers do not take --import; tsx is registered by hand.
import { register } from "tsx/esm/api";

register();
await import("./worker.ts");
