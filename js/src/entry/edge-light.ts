// Vercel's Edge runtime forbids compiling bytes too. Its module is of another realm, which the synchronous way does
// not recognise; hence this one entry waits.
import init from "../engine/engine.js";
import module from "../engine/engine.wasm?module";

await init({ module_or_path: module });
