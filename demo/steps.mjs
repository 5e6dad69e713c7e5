// The steps of replay.json, turned into what others read: claims of a session token, and the facts of a request.
import { readFileSync, readdirSync } from "node:fs";

const json = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));

export const { places, clients, steps } = json("replay.json");
export const directory = json("directory.json");
export const namedLocations = json("locations.json");
const applications = Object.entries(json("applications.json"));

/** The demo's policies: files, seen from here, and their contents. */
export const policyFiles = readdirSync(new URL("policies/", import.meta.url))
  .sort()
  .map((name) => `policies/${name}`);
export const policies = policyFiles.map(json);

/** The application that a path belongs to. */
export const applicationOf = (path) => applications.find(([prefix]) => path.startsWith(prefix))?.[1];

export const accountOf = (step) => directory.accounts.find((account) => account.id === step.account);

/** Facts about the place a step comes from, as an edge platform would vouch for them. */
export const placeFacts = (step) => ({ client: places[step.place], ...(step.ja4 && { tls: { ja4: step.ja4 } }) });

/** Session claims of a step. `agentKey(headers)` names the client that the session was minted for. */
export function sessionClaims(step, agentKey, now = Date.now()) {
  const { minutesAgo, amr, place, client, ja4 } = step.session;
  const began = Math.floor(now / 1000) - minutesAgo * 60;
  const binding = {
    ...(place && { asn: places[place].asn, country: places[place].country }),
    ...(client && { agent: agentKey(clients[client]) }),
    ...(ja4 && { ja4 }),
  };
  return { iat: began, auth_time: began, amr, ...(Object.keys(binding).length > 0 && { binding }) };
}

/** The whole request of a step as the engine reads it, its time left open: `minutesAgo` fills it in. */
export function requestFacts(step, agentKey) {
  const account = accountOf(step);
  const session = step.session && sessionClaims(step, agentKey);
  const { ip, ...place } = places[step.place];
  return {
    http: {
      method: step.method ?? "GET",
      scheme: "https",
      host: "app.example",
      path: step.path,
      headers: Object.entries(clients[step.client]),
    },
    client: { ip, ...place },
    ...(step.ja4 && { tls: { ja4: step.ja4 } }),
    principal: account
      ? {
          kind: account.kind,
          id: account.id,
          groups: account.groups,
          roles: account.roles,
          ...(account.guestType && { guestType: account.guestType }),
        }
      : { kind: "anonymous" },
    ...(session && {
      session: { id: `session-${step.id}`, amr: session.amr, ...(session.binding && { binding: session.binding }) },
    }),
    ...(account?.device && { device: deviceFacts(account.device) }),
    resource: { application: applicationOf(step.path) },
  };
}

const deviceFacts = ({ id, ...device }) => ({ isRegistered: true, ...device, ...(id && { deviceId: id }) });
