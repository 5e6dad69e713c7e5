import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Engine, initialize } from "edgeward/slim";

initialize(readFileSync(fileURLToPath(import.meta.resolve("edgeward/engine.wasm"))));
const engine = new Engine({ allowUnsigned: true });
engine.load(JSON.stringify({ schema: 1, version: "1", policies: [] }));
console.log(engine.evaluate({ http: { path: "/" } }).outcome);
