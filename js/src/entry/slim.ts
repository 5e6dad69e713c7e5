// For hosts that fetch, cache or precompile `edgeward/engine.wasm` themselves.
import { glue } from "../core.js";

export * from "../api.js";

/** Must be called once, before anything else of this entry is used. */
export function initialize(module: WebAssembly.Module | BufferSource): void {
  glue.initSync({ module });
}
