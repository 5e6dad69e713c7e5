// Vercel's Edge runtime forbids compiling bytes too. Its module is of another realm, which the synchronous way does
// not recognise; hence this one entry waits.
import { glue } from "../core.js";
import module from "../engine/engine.wasm?module";

await glue.default({ module_or_path: module });

export * from "../core.js";
export * from "../hosts.js";
