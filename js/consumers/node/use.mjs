import { Engine } from "edgeward";
import { denoPeer } from "edgeward/fetch";
import { protect } from "edgeward/node";

const engine = new Engine({ allowUnsigned: true });
engine.load(JSON.stringify({ schema: 1, version: "1", policies: [] }));
console.log(engine.evaluate({ http: { path: "/" } }).outcome, typeof protect, typeof denoPeer);
