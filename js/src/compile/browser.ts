// In a page: the page fetches the compiler's module, and hands it over.
import { initSync } from "../compiler/compiler.js";

export * from "./api.js";

/** Must be called once, before anything else of this entry is used. */
export function initializeCompiler(module: WebAssembly.Module | BufferSource): void {
  initSync({ module });
}
