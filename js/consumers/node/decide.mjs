// Decides the corpus with the installed package, and writes the decisions in the format they were recorded in.
import { readFileSync } from "node:fs";
import process from "node:process";
import { Engine } from "edgeward";
import { compile } from "edgeward/compiler";

const [source, cases] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const engine = new Engine({ allowUnsigned: true });
engine.load(compile(source).bundle);
const lines = cases.trimEnd().split("\n").map((line) => {
  const { request, answer, outage } = JSON.parse(line);
  const decision = answer !== undefined || outage === true ? engine.resume(request, answer) : engine.evaluate(request);
  return `${JSON.stringify(decision)}\n`;
});
process.stdout.write(lines.join(""));
