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

function fail(file: string, error: unknown): number {
  if (error instanceof EdgewardError && error.issues.length > 0) {
    for (const issue of error.issues) say(file, issue);
  } else console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  return 2;
}

function run(given: string[]): number {
  if (given.includes("--help") || given.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const option = given.find((argument) => argument.startsWith("-"));
  if (option !== undefined) console.error(`${option}: there is no such option\n`);
  const [source, out, ...rest] = given;
  if (option !== undefined || source === undefined || out === undefined || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  let compiled;
  try {
    compiled = compile(readFileSync(source, "utf8"));
  } catch (error) {
    return fail(source, error);
  }
  for (const warning of compiled.warnings) say(source, warning);
  try {
    writeFileSync(out, compiled.bundle);
  } catch (error) {
    return fail(out, error);
  }
  return 0;
}

process.exitCode = run(process.argv.slice(2));
