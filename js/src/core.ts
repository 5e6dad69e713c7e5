// What all of the package's entries share, for `scripts/build.mjs` alone, which makes one file of it: the engine. Bundlers
// leave out of it what nobody uses; where they can not see that a value at the top of a module has no other effect, it says
// so (`@__PURE__`).
//
// The module's glue is in it, too, as `glue`: whoever brings the module's bytes starts it by that.
export { Crossing } from "./crossing.js";
export * from "./engine.js";
export * from "./errors.js";
export * from "./packed-decision.js";
export * from "./hex.js";
export * as glue from "./engine/engine.js";
