import { readFileSync } from "node:fs";
import process from "node:process";
import { decisionLine, factsFromFixtures } from "edgeward";
import { createMiddleware } from "edgeward/node";
import express from "express";

const guard = createMiddleware({
  bundle: { text: readFileSync(new URL("bundle.edge.json", import.meta.url), "utf8") },
  allowUnsigned: true,
  stepUpUrl: "/verify",
  facts: factsFromFixtures({
    default: { principal: { kind: "anonymous" } },
    verified: { principal: { kind: "user", id: "u1" }, session: { amr: ["pwd", "mfa"] } },
  }),
  onDecision: (record) => console.log(decisionLine(record)),
  serverTiming: true,
});

const app = express();
app.use(guard);
app.get("/", (request, response) => response.send(`You are ${request.edgeward.decision.agent.class}.\n`));
app.get("/admin", (_, response) => response.send("Administration.\n"));
app.get("/members", (_, response) => response.send("Members.\n"));
app.get("/verify", (request, response) => response.send(`Here you would verify: ${encodeURIComponent(request.query.controls)}.\n`));
app.get("/metrics", (_, response) => response.json(guard.guard.metrics));
app.listen(Number(process.env.PORT ?? 3000));
