import { Engine } from "edgeward";

const engine = new Engine({ allowUnsigned: true });
engine.load(JSON.stringify({ schema: 1, version: "1", policies: [] }));
console.log(engine.evaluate({ http: { path: "/" } }).outcome);
