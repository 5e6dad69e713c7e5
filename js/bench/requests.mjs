// Everything a guard asks of one request, packed and as JSON: what a request costs beside its decision where a scorer answers
// and devices carry profiles. `node requests.mjs`.

import { Engine } from "edgeward";
import { glue } from "../dist/entry/node.js";
import { bundle, requests } from "./inputs.mjs";
import { race } from "./race.mjs";

const { Question } = glue;
const HOUR = 3_600_000;
const options = { identifierKey: "01".repeat(32), profileKeys: [{ id: 1, key: "02".repeat(32) }], allowUnsigned: true };
const engine = new Engine(options);
const module = new glue.Engine(JSON.stringify({ ...options, publicKeys: [] }));
engine.load(bundle);
module.load(bundle, undefined);

const count = requests.length;
const profiles = requests.map(sealed);
const answer = { facts: { signInRisk: "low", "principal.groups": ["group-1"] }, ttlSeconds: 60 };
const [said, circumstances] = [JSON.stringify(answer), JSON.stringify({ asked: [], outage: false })];
const json = (ask, of = (request) => request) => (index) =>
  JSON.parse(ask(JSON.stringify(of(requests[index % count])), index % count));
const little = ({ time, http }) => ({ time, http });

const asked = {
  evaluate: [(request) => engine.evaluate(request), json((facts) => module.ask(Question.Evaluate, facts))],
  "evaluate, HTTP alone": [
    (request) => engine.evaluate(little(request)),
    json((facts) => module.ask(Question.Evaluate, facts), little),
  ],
  assessment: [(request) => engine.assessment(request), json((facts) => module.ask(Question.Assessment, facts))],
  resume: [(request) => engine.resume(request, answer), json((facts) => module.ask(Question.Resume, facts, said))],
  receipt: [
    (request) => engine.receipt(request, answer, { asked: [], outage: false }),
    json((facts) => module.ask(Question.Receipt, facts, said, circumstances)),
  ],
  openProfile: [
    (request, index) => engine.openProfile(request, profiles[index]),
    json((facts, index) => module.ask(Question.OpenProfile, facts, profiles[index])),
  ],
  renewProfile: [
    (request, index) => engine.renewProfile(request, profiles[index], nonce(index)),
    json((facts, index) => module.ask(Question.RenewProfile, facts, profiles[index], nonce(index))),
  ],
};
const candidates = {};
for (const [name, [packed, asJson]] of Object.entries(asked)) {
  candidates[name] = (index) => packed(requests[index % count], index % count);
  candidates[`${name} as JSON`] = asJson;
}
const result = await race(candidates);

console.log(`\nasked of one of ${count} requests, µs      packed   as JSON`);
for (const name of Object.keys(asked)) {
  const [packed, asJson] = [name, `${name} as JSON`].map((one) => result[one].micros.toFixed(2).padStart(9));
  console.log(`${name.padEnd(34)} ${packed} ${asJson}   ${result[name].ratioTo(`${name} as JSON`).toFixed(3)} ×`);
}

/** What the device of a request carries, a few sign-ins old. */
function sealed(request) {
  let profile;
  for (let days = 5; days > 0; days -= 1) {
    const time = request.time - days * 24 * HOUR;
    const facts = { ...request, time, session: { ...request.session, establishedAt: time } };
    profile = engine.renewProfile(facts, profile, nonce(days)) ?? profile;
  }
  return profile;
}

function nonce(number) {
  return number.toString(16).padStart(48, "0");
}
