// User agents alone: the whole answer (class, name, operator, purpose, browser, platform, findings) from a JavaScript
// string, beside what other packages answer from the same string, in one process. Strings are public: what bots send
// (crawler-user-agents) and what people's browsers send (top-user-agents, user-agents), about half and half, all distinct.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isbot } from "isbot";
import { UAParser } from "ua-parser-js";
import { Engine } from "edgeward";
import { arcjet } from "./arcjet.mjs";
import { race } from "./race.mjs";

const require = createRequire(import.meta.url);
const woothee = require("woothee");

const MANY = 2_000;
const FEW = 200;

/** Every nth of a list of distinct strings, so that all of it is sampled, the same on every machine. */
function spread(strings, wanted) {
  const distinct = [...new Set(strings)].filter((agent) => agent.trim() !== "");
  const step = Math.max(1, Math.floor(distinct.length / wanted));
  return distinct.filter((_, index) => index % step === 0).slice(0, wanted);
}

// The package draws at random; its data do not.
const seen = JSON.parse(readFileSync(new URL("node_modules/user-agents/dist/user-agents.json", import.meta.url), "utf8"));
const people = spread([...require("top-user-agents"), ...seen.map(({ userAgent }) => userAgent)], MANY / 2);
const bots = spread(require("crawler-user-agents").flatMap(({ instances }) => instances), MANY - people.length);
// Turns, so that neither half warms up before the other.
const mixed = bots.flatMap((agent, index) => [agent, people[index]]).filter((agent) => agent !== undefined);
const few = spread(mixed, FEW);

/** What costs automata and expressions most; only the first 512 bytes of a header are read here. */
const hostile = {
  "near misses of names": "googlebo bingbo ahrefsbo semrushbo crawle spide ".repeat(43),
  "beginnings of names": "google-".repeat(293),
  "one letter, one mark": "a-".repeat(1_024),
  "one keyword": "scan".repeat(512),
  "open comments": "Mozilla/5.0 (".repeat(158),
  "domains": "bot.example.org php-scan.ai/".repeat(74),
  "beginnings of payloads": "<s' ".repeat(512),
  "escapes": "a%20".repeat(512),
  "noise": Array.from({ length: 2_048 }, (_, index) => String.fromCharCode(33 + ((index * index * 31 + index * 7) % 94))).join(""),
};

const engine = new Engine({ allowUnsigned: true });
const analyze = await arcjet();
const rule = { tag: "allowed-bot-config", val: { entities: [], skipCustomDetect: true } };

const candidates = {
  edgeward: (agent) => engine.classify(agent),
  isbot: (agent) => isbot(agent),
  "woothee.parse": (agent) => woothee.parse(agent),
  "ua-parser-js": (agent) => UAParser(agent),
  "arcjet detectBot": (agent) => analyze.detectBot(JSON.stringify({ headers: { "user-agent": agent } }), rule),
};

/** A candidate over a list of strings, one after the other. */
const over = (call, agents) => (index) => call(agents[index % agents.length]);
const runs = {};
for (const [name, call] of Object.entries(candidates)) {
  runs[name] = over(call, mixed);
  runs[`${name}, ${FEW}`] = over(call, few);
}
const result = await race(runs);

console.log(`\nuser agents: ${mixed.length} (${people.length} of people, ${bots.length} of bots), whole answer from a string\n`);
console.log(`${"".padEnd(22)}${"µs".padStart(9)}${"edgeward ÷ it".padStart(16)}${`${mixed.length} ÷ ${FEW} distinct`.padStart(22)}`);
for (const name of Object.keys(candidates)) {
  const against = result.edgeward.ratioTo(name).toFixed(4);
  const diversity = result[name].ratioTo(`${name}, ${FEW}`).toFixed(2);
  console.log(`${name.padEnd(22)}${result[name].micros.toFixed(2).padStart(9)}${against.padStart(16)}${diversity.padStart(22)}`);
}

const attacks = {};
for (const [kind, agent] of Object.entries(hostile)) {
  for (const [name, call] of Object.entries(candidates)) attacks[`${name}: ${kind}`] = () => call(agent);
}
const attacked = await race(attacks, { rounds: 5 });
console.log(`\nhostile strings of 2 KB, µs\n`);
console.log(`${"".padEnd(22)}${Object.keys(candidates).map((name) => name.padStart(18)).join("")}`);
for (const kind of Object.keys(hostile)) {
  const cells = Object.keys(candidates).map((name) => attacked[`${name}: ${kind}`].micros.toFixed(2).padStart(18));
  console.log(`${kind.padEnd(22)}${cells.join("")}`);
}
