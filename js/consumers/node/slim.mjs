import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "edgeward/compiler";
import { Engine, initialize } from "edgeward/slim";

initialize(readFileSync(fileURLToPath(import.meta.resolve("edgeward/engine.wasm"))));
const engine = new Engine({ allowUnsigned: true });
engine.load(compile(JSON.stringify({ schema: 1, version: "1", policies: [] })).bundle);
console.log(engine.evaluate({ http: { path: "/" } }).outcome);
