// Policies alone: 10, 100 and 200 of them in the language of each engine, on the same requests, in one process. All
// answers are compared before anything is timed. Ours are whole decisions, so what a decision costs with no policy at
// all is measured as well, and the difference is what policies cost.

import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { newEnforcer, newModelFromString } from "casbin";
import { Engine as RulesEngine } from "json-rules-engine";
import { Engine } from "edgeward";
import { compile } from "edgeward/compiler";
import { requests } from "./inputs.mjs";
import { race } from "./race.mjs";

const SIZES = [10, 100, 200];
const PLATFORMS = ["windows", "windows", "iOS"];
const COUNTRIES = [["NO", "SE"], ["DE"], ["BR", "DE"]];

/** Five conditions, all configured; a policy that matches refuses. */
function rules(count) {
  return Array.from({ length: count }, (_, index) => ({
    id: `policy-${index}`,
    group: `group-${index % 20}`,
    application: `app-${(index * 3) % 5}`,
    platform: PLATFORMS[index % 3],
    countries: COUNTRIES[index % COUNTRIES.length],
    risk: ["low", "medium", "high"][(index >> 2) % 3],
  }));
}

function edgeward(list) {
  const engine = new Engine({ allowUnsigned: true });
  engine.load(
    compile(JSON.stringify({
      schema: 1,
      version: "1",
      namedLocations: COUNTRIES.map((countries, index) => ({ id: `countries-${index}`, countriesAndRegions: countries })),
      policies: list.map(({ id, group, application, platform, countries, risk }) => ({
        id,
        displayName: id,
        state: "enabled",
        conditions: {
          users: { includeGroups: [group] },
          applications: { includeApplications: [application] },
          clientAppTypes: ["all"],
          platforms: { includePlatforms: [platform] },
          locations: { includeLocations: [`countries-${COUNTRIES.indexOf(countries)}`] },
          userRiskLevels: [risk],
        },
        grantControls: { operator: "OR", builtInControls: ["block"] },
      })),
    })).bundle,
  );
  return (index) => engine.evaluate(requests[index % requests.length]).outcome === "block";
}

function cedarWasm(list) {
  const name = `policies-${list.length}`;
  const text = list.map(
    ({ group, application, platform, countries, risk }) =>
      `forbid(principal in Group::"${group}", action, resource == Application::"${application}") when {
         context.platform == "${platform}" && [${countries.map((country) => `"${country}"`).join(",")}].contains(context.country)
         && context.userRisk == "${risk}" };`,
  );
  const parsed = cedar.preparsePolicySet(name, { staticPolicies: ["permit(principal, action, resource);", ...text].join("\n") });
  if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));
  const calls = requests.map(({ principal, resource, client, device, risk }) => ({
    principal: { type: "User", id: principal.id },
    action: { type: "Action", id: "open" },
    resource: { type: "Application", id: resource.application },
    context: { country: client.country, platform: device.platform, userRisk: risk.user },
    validateRequest: false,
    preparsedPolicySetId: name,
    entities: [
      { uid: { type: "User", id: principal.id }, attrs: {}, parents: principal.groups.map((id) => ({ type: "Group", id })) },
    ],
  }));
  return (index) => cedar.statefulIsAuthorized(calls[index % calls.length]).response.decision === "deny";
}

async function casbin(list) {
  const enforcer = await newEnforcer(
    newModelFromString(`
      [request_definition]
      r = group, app, platform, country, risk
      [policy_definition]
      p = group, app, platform, countries, risk, eft
      [policy_effect]
      e = !some(where (p.eft == deny))
      [matchers]
      m = r.group == p.group && r.app == p.app && r.platform == p.platform && r.risk == p.risk && isOneOf(r.country, p.countries)
    `),
  );
  await enforcer.addFunction("isOneOf", (country, countries) => countries.split(" ").includes(country));
  await enforcer.addPolicies(
    list.map((rule) => [rule.group, rule.application, rule.platform, rule.countries.join(" "), rule.risk, "deny"]),
  );
  const calls = requests.map(({ principal, resource, client, device, risk }) => [
    principal.groups[0],
    resource.application,
    device.platform,
    client.country,
    risk.user,
  ]);
  return (index) => !enforcer.enforceSync(...calls[index % calls.length]);
}

function jsonRulesEngine(list) {
  const engine = new RulesEngine();
  for (const rule of list) {
    engine.addRule({
      conditions: {
        all: [
          { fact: "group", operator: "equal", value: rule.group },
          { fact: "application", operator: "equal", value: rule.application },
          { fact: "platform", operator: "equal", value: rule.platform },
          { fact: "country", operator: "in", value: rule.countries },
          { fact: "risk", operator: "equal", value: rule.risk },
        ],
      },
      event: { type: "deny" },
    });
  }
  const calls = requests.map(({ principal, resource, client, device, risk }) => ({
    group: principal.groups[0],
    application: resource.application,
    platform: device.platform,
    country: client.country,
    risk: risk.user,
  }));
  return async (index) => (await engine.run(calls[index % calls.length])).events.length > 0;
}

const candidates = { "decision, no policy": edgeward([]) };
for (const size of SIZES) {
  const list = rules(size);
  const engines = {
    decision: edgeward(list),
    "cedar-wasm, pre-parsed": cedarWasm(list),
    casbin: await casbin(list),
    "json-rules-engine": jsonRulesEngine(list),
  };
  let refused = 0;
  for (let index = 0; index < requests.length; index += 1) {
    const answers = await Promise.all(Object.values(engines).map((decide) => decide(index)));
    if (new Set(answers).size > 1) throw new Error(`request ${index}, ${size} policies: ${JSON.stringify(answers)}`);
    refused += answers[0] ? 1 : 0;
  }
  console.log(`${size} policies: ${requests.length} answers are equal, ${refused} of them a refusal`);
  for (const [name, decide] of Object.entries(engines)) candidates[`${name}, ${size}`] = decide;
}

const result = await race(candidates);
const micros = (name) => result[name].micros;
const base = micros("decision, no policy");

console.log(`\nmicroseconds per call       ${["none", ...SIZES].map((size) => String(size).padStart(9)).join(" ")}`);
for (const name of ["decision", "cedar-wasm, pre-parsed", "casbin", "json-rules-engine"]) {
  const figures = SIZES.map((size) => micros(`${name}, ${size}`).toFixed(2).padStart(9));
  console.log(`${name.padEnd(27)} ${(name === "decision" ? base.toFixed(2) : "").padStart(9)} ${figures.join(" ")}`);
}
const policies = SIZES.map((size) => result[`decision, ${size}`].minus("decision, no policy"));
console.log(`${"  of it the policies".padEnd(37)} ${policies.map((cost) => cost.toFixed(2).padStart(9)).join(" ")}`);
const [few, , many] = SIZES;
console.log(`
decision with ${many} policies       ${result[`decision, ${many}`].ratioTo(`decision, ${few}`).toFixed(2)} × that with ${few}
its policies, of cedar-wasm      ${(policies.at(-1) / micros(`cedar-wasm, pre-parsed, ${many}`)).toFixed(5)} ×
the whole decision, of the same  ${result[`decision, ${many}`].ratioTo(`cedar-wasm, pre-parsed, ${many}`).toFixed(5)} ×`);
