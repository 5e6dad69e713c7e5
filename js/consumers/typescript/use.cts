// CommonJS in TypeScript: Node 20.19 and later can require ES modules, and so can the compiler when told of it.
import { Engine } from "edgeward";
import { protect } from "edgeward/node";

export const outcome = new Engine({ allowUnsigned: true }).evaluate({ http: { path: "/" } }).outcome;
export { protect };
