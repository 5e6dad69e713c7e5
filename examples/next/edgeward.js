import { factsFromFixtures } from "edgeward";
import bundle from "./bundle.edge.json" with { type: "json" };

export const options = {
  bundle: { text: JSON.stringify(bundle) },
  allowUnsigned: true,
  stepUpUrl: "/verify",
  facts: factsFromFixtures({
    default: { principal: { kind: "anonymous" } },
    verified: { principal: { kind: "user", id: "u1" }, session: { amr: ["pwd", "mfa"] } },
  }),
};
