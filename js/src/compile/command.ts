#!/usr/bin/env node
// `edgeward-compile`: the source of a bundle in, what edges load out.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { compile, EdgewardError } from "./index.js";
import type { Issue } from "./index.js";

const USAGE = `Usage: edgeward-compile SOURCE OUT

Compiles a bundle: policies and named locations, as Graph's JSON, to what edges load.
SOURCE is JSON: {"schema":1,"version":"1","policies":[…],"namedLocations":[…]}.
What is doubtful is told on standard error, what is wrong too; then nothing is written.

Exit status: 0 compiled, 2 bad input.

Example:
  edgeward-compile bundle.json bundle.edge.json`;

function say(file: string, { path, message, fix }: Issue): void {
  console.error(`${file}: ${path}: ${message}${fix == null ? "" : `; ${fix}`}`);
}

function run([source, out, ...rest]: string[]): number {
  if (source === "--help" || source === "-h") {
    console.log(USAGE);
    return 0;
  }
  if (source === undefined || out === undefined || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  try {
    const { bundle, warnings } = compile(readFileSync(source, "utf8"));
    for (const warning of warnings) say(source, warning);
    writeFileSync(out, bundle);
    return 0;
  } catch (error) {
    if (error instanceof EdgewardError && error.issues.length > 0) {
      for (const issue of error.issues) say(source, issue);
    } else console.error(`${source}: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

process.exitCode = run(process.argv.slice(2));
