import { readFileSync } from "node:fs";
import process from "node:process";
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { factsFromFixtures } from "edgeward";
import { edgeward } from "edgeward/hono";
import { Hono } from "hono";

const app = new Hono();
app.use(
  edgeward({
    connInfo: getConnInfo,
    bundle: { text: readFileSync(new URL("bundle.edge.json", import.meta.url), "utf8") },
    allowUnsigned: true,
    stepUpUrl: "/verify",
    facts: factsFromFixtures({
      default: { principal: { kind: "anonymous" } },
      verified: { principal: { kind: "user", id: "u1" }, session: { amr: ["pwd", "mfa"] } },
    }),
  }),
);
app.get("/", (context) => context.text(`You are ${context.get("edgeward").decision.agent.class}.\n`));
app.get("/admin", (context) => context.text("Administration.\n"));
app.get("/members", (context) => context.text("Members.\n"));
app.get("/verify", (context) => context.text(`Here you would verify: ${context.req.query("controls")}.\n`));
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) });
