import { factsFromFixtures } from "edgeward";
import { cacheStore, createWorker } from "edgeward/workers";
import bundle from "./bundle.edge.json";

interface Env {
  ORIGIN: string;
}

export default createWorker((env: Env) => ({
  origin: env.ORIGIN,
  bundle: { text: JSON.stringify(bundle) },
  allowUnsigned: true,
  store: cacheStore(),
  stepUpUrl: "/verify",
  facts: factsFromFixtures({
    default: { principal: { kind: "anonymous" } },
    verified: { principal: { kind: "user", id: "u1" }, session: { amr: ["pwd", "mfa"] } },
  }),
}));
