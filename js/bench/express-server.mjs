import process from "node:process";
import { createMiddleware } from "edgeward/node";
import express from "express";
import { bundle } from "./inputs.mjs";
import { allowedFacts } from "./turns.mjs";

const app = express();
if (process.argv[2] === "guarded") {
  let next = 0;
  app.use(createMiddleware({ bundle: { text: bundle }, allowUnsigned: true, facts: () => allowedFacts[(next += 1) % allowedFacts.length] }));
}
app.use(express.json(), express.urlencoded({ extended: false }));
app.get("/items/:id", (request, response) => {
  const rows = Array.from({ length: 50 }, (_, index) => `<li>${request.params.id}.${index}</li>`);
  response.type("html").send(`<!doctype html><title>Items</title><ul>${rows.join("")}</ul>`);
});
const server = app.listen(0, "127.0.0.1", () => process.send(`http://127.0.0.1:${server.address().port}`));
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send(user + system);
});
