// Names a client the way sessions are bound to it, by the engine itself.
import { importEdgeward } from "./packages.mjs";

const { Engine } = await importEdgeward();
const { compile } = await importEdgeward("edgeward/compiler");
const engine = new Engine({ allowUnsigned: true });
engine.load(compile(JSON.stringify({ schema: 1, version: "1", policies: [] })).bundle);

/** Family and platform of the client that sends these headers, `Chrome/windows`; undefined if it names none. */
export const agentKey = (headers) =>
  engine.assessment({ http: { headers: Object.entries(headers) } }).about.agent ?? undefined;
