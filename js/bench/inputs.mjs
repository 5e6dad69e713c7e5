// What every candidate is given: distinct requests of many kinds of client, and 100 policies in the language of each
// engine. Deterministic: the same on every machine.

import { compile } from "edgeward/compiler";

const WINDOWS = "Windows NT 10.0; Win64; x64";
const MAC = "Macintosh; Intel Mac OS X 10_15_7";
const LINUX = "X11; Linux x86_64";

/** 2,000 distinct user agents: half browsers, half what is none. */
export const userAgents = [...browsers(), ...programs()];

function browsers() {
  const agents = [];
  for (let step = 0; agents.length < 1_000; step += 1) {
    const major = 80 + (step % 62);
    const build = `${major}.0.${4_000 + step}.${step % 200}`;
    const system = [WINDOWS, MAC, LINUX][step % 3];
    const kit = "AppleWebKit/537.36 (KHTML, like Gecko)";
    agents.push(
      [
        `Mozilla/5.0 (${system}) ${kit} Chrome/${build} Safari/537.36`,
        `Mozilla/5.0 (${system}) ${kit} Chrome/${build} Safari/537.36 Edg/${build}`,
        `Mozilla/5.0 (${system}; rv:${major}.0) Gecko/20100101 Firefox/${major}.${step % 9}`,
        `Mozilla/5.0 (Linux; Android ${9 + (step % 7)}; SM-G9${10 + (step % 80)}) ${kit} Chrome/${build} Mobile Safari/537.36`,
        `Mozilla/5.0 (iPhone; CPU iPhone OS 1${step % 9}_${step % 7} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/1${step % 9}.${step % 90} Mobile/15E148 Safari/604.1`,
      ][step % 5],
    );
  }
  return agents;
}

function programs() {
  const names = ["Googlebot", "bingbot", "GPTBot", "ClaudeBot", "AhrefsBot", "SemrushBot", "Applebot", "facebookexternalhit"];
  const tools = ["curl", "python-requests", "Go-http-client", "okhttp", "axios", "Scrapy", "sqlmap", "Nuclei"];
  const agents = [];
  for (let step = 0; agents.length < 1_000; step += 1) {
    const version = `${1 + (step % 9)}.${step % 97}`;
    const bot = names[step % names.length];
    agents.push(
      step % 2 === 0
        ? `Mozilla/5.0 (compatible; ${bot}/${version}; +https://bot.example/${step})`
        : `${tools[(step >> 1) % tools.length]}/${version}.${step}`,
    );
  }
  return agents;
}

/** Whole requests, one for each user agent: known principal, session, device and place. */
export const requests = userAgents.map((agent, index) => ({
  time: 1_790_000_000_000 + index,
  http: {
    method: "GET",
    scheme: "https",
    host: "app.example",
    path: index % 10 === 0 ? "/admin/users" : `/items/${index}`,
    version: "h2",
    headers: [
      ["user-agent", agent],
      ["accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
      ["accept-language", "en-GB,en;q=0.9"],
      ["accept-encoding", "gzip, deflate, br, zstd"],
    ],
  },
  client: { ip: `203.0.113.${index % 256}`, asn: 64_496 + (index % 16), country: ["NO", "SE", "DE", "BR"][index % 4] },
  tls: { version: "1.3", ja4: "t13d1516h2_8daaf6152771_02713d6af862" },
  principal: { kind: "user", id: `user-${index % 50}`, groups: [`group-${index % 20}`], roles: [], guestType: "none" },
  session: { id: `session-${index % 50}`, establishedAt: 1_789_990_000_000, authTime: 1_789_990_000_000, amr: ["pwd", "mfa"], transferMethod: "none" },
  device: { isRegistered: true, isCompliant: index % 3 === 0, trustType: "AzureAD", platform: "windows" },
  resource: { application: `app-${index % 5}` },
  risk: { signIn: "none", user: ["none", "low", "medium", "high"][index % 7] ?? "none" },
}));

export const POLICIES = 100;

/** Group, application, platform, country and risk: the same conditions for every engine. */
const rules = Array.from({ length: POLICIES }, (_, index) => ({
  id: `policy-${index}`,
  group: `group-${index % 20}`,
  application: `app-${index % 5}`,
  countries: index % 2 === 0 ? ["NO", "SE"] : ["DE"],
  risk: ["low", "medium", "high"][index % 3],
  block: index % 4 === 0,
}));

export const bundle = compile(JSON.stringify({
  schema: 1,
  version: "1",
  namedLocations: rules.map(({ id, countries }) => ({
    "@odata.type": "#microsoft.graph.countryNamedLocation",
    id: `location-${id}`,
    displayName: id,
    countriesAndRegions: countries,
    countryLookupMethod: "clientIpAddress",
    includeUnknownCountriesAndRegions: false,
  })),
  policies: rules.map(({ id, group, application, risk, block }) => ({
    id,
    displayName: id,
    state: "enabled",
    conditions: {
      users: { includeGroups: [group] },
      applications: { includeApplications: [application] },
      clientAppTypes: ["all"],
      locations: { includeLocations: [`location-${id}`] },
      userRiskLevels: [risk],
    },
    grantControls: { operator: "OR", builtInControls: [block ? "block" : "mfa"] },
  })),
})).bundle;

/** The same policies as a loop in JavaScript: which of them apply. */
export function policyLoop({ principal, resource, client, risk }) {
  const applying = [];
  for (const rule of rules) {
    if (
      principal.groups.includes(rule.group) &&
      rule.application === resource.application &&
      rule.countries.includes(client.country) &&
      rule.risk === risk.user
    ) {
      applying.push(rule);
    }
  }
  return applying;
}

/** Cedar: a policy forbids where ours would demand or block. */
export const cedarPolicies = [
  "permit(principal, action, resource);",
  ...rules.map(
    ({ group, application, countries, risk }) =>
      `forbid(principal in Group::"${group}", action == Action::"open", resource == Application::"${application}")
       when { [${countries.map((country) => `"${country}"`).join(",")}].contains(context.country) && context.userRisk == "${risk}" };`,
  ),
].join("\n");

export const cedarCalls = requests.map(({ principal, resource, client, risk }) => ({
  principal: { type: "User", id: principal.id },
  action: { type: "Action", id: "open" },
  resource: { type: "Application", id: resource.application },
  context: { country: client.country, userRisk: risk.user },
  validateRequest: false,
  preparsedPolicySetId: "bench",
  entities: [
    {
      uid: { type: "User", id: principal.id },
      attrs: {},
      parents: principal.groups.map((id) => ({ type: "Group", id })),
    },
  ],
}));

export const arcjetRequests = requests.map(({ http, client }) =>
  JSON.stringify({ ip: client.ip, method: http.method, host: http.host, path: http.path, headers: Object.fromEntries(http.headers) }),
);
