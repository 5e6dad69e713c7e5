// Node, Deno and Bun read the module from beside this file: half a megabyte of text is no source to parse at every start. A
// bundler never gets here, because it asks for `module` before: so the build makes one file of it and all that it exports.
import { glue } from "../core.js";

// Importing `node:fs` by name makes a process list all that is in it first, which takes a millisecond.
const { readFileSync } = process.getBuiltinModule("node:fs");

glue.initSync({ module: readFileSync(new URL("../engine/engine.wasm", import.meta.url)) });

export * from "../core.js";
export * from "../hosts.js";
