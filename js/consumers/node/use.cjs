const { Engine } = require("edgeward");
const { compile } = require("edgeward/compiler");
const { denoPeer } = require("edgeward/fetch");
const { protect } = require("edgeward/node");

const engine = new Engine({ allowUnsigned: true });
engine.load(compile(JSON.stringify({ schema: 1, version: "1", policies: [] })).bundle);
console.log(engine.evaluate({ http: { path: "/" } }).outcome, typeof protect, typeof denoPeer);
