// Node, Deno and Bun read the module from beside this file: half a megabyte of text is no source to parse at every start. A
// bundler never gets here, because it asks for `module` before.
import { readFileSync } from "node:fs";
import { initSync } from "../engine/engine.js";

initSync({ module: readFileSync(new URL("../engine/engine.wasm", import.meta.url)) });
