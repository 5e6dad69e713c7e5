// What the adapters share, in a file of its own, as `core.ts` is. It loads what verifies tokens when one comes, and some
// bundlers would make a file of that for whoever imports the engine alone.
export * from "./adapters/client-address.js";
export * from "./adapters/headers.js";
export * from "./adapters/ip.js";
export * from "./adapters/web.js";
export * from "./challenge.js";
export * from "./facts.js";
export * from "./fixture.js";
export * from "./guard.js";
export * from "./kinds.js";
export * from "./log.js";
export * from "./origin.js";
export * from "./patience.js";
