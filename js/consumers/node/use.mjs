import { Engine } from "edgeward";
import { compile } from "edgeward/compiler";
import { denoPeer } from "edgeward/fetch";
import { protect } from "edgeward/node";

const engine = new Engine({ allowUnsigned: true });
engine.load(compile(JSON.stringify({ schema: 1, version: "1", policies: [] })).bundle);
console.log(engine.evaluate({ http: { path: "/" } }).outcome, typeof protect, typeof denoPeer);
