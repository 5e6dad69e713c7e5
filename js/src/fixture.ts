import type { Request } from "./types.js";

/** What every host's request has in common. */
interface WithHeaders {
  headers: unknown;
}

/**
 * For local development and demonstrations: believes facts that the client itself states, as JSON in a header.
 *
 * ```ts
 * createWorker({ …, facts: factsFromHeader("x-demo-facts") })
 * ```
 *
 * Whoever can send the header can be anyone. Never in production.
 */
export function factsFromHeader(name: string): (request: WithHeaders) => Request | undefined {
  return (request) => {
    const value = header(request, name);
    return value === undefined ? undefined : (JSON.parse(value) as Request);
  };
}

/**
 * For local development: facts by name. A request says in the header `edgeward-fixture` whom it plays; one that says
 * nothing, or no name of these, has the facts of `default`. All else is as in production: same policies, same
 * decisions, same answers.
 *
 * ```ts
 * createMiddleware({ …, facts: factsFromFixtures({
 *   default: { client: { ip: "203.0.113.7", country: "NO" } },
 *   admin: { principal: { kind: "user", id: "a1", roles: ["admin"] } },
 * }) })
 * ```
 *
 * Says so on the console when it is made: whoever can send the header can be anyone. Never in production.
 */
export function factsFromFixtures(
  fixtures: Readonly<Record<string, Request>>,
): (request: WithHeaders) => Request | undefined {
  console.warn(`edgeward: facts come from fixtures (${Object.keys(fixtures).join(", ")}); not for production`);
  return (request) => {
    const name = header(request, "edgeward-fixture") ?? "default";
    return fixtures[Object.hasOwn(fixtures, name) ? name : "default"];
  };
}

function header({ headers }: WithHeaders, name: string): string | undefined {
  const value =
    headers instanceof Headers ? headers.get(name) : (headers as Record<string, unknown>)[name.toLowerCase()];
  return typeof value === "string" ? value : undefined;
}
