import type { Request } from "./types.js";

/**
 * For local development and demonstrations: believes facts that the client itself states, as JSON in a header.
 *
 * ```ts
 * createWorker({ …, facts: factsFromHeader("x-demo-facts") })
 * ```
 *
 * Whoever can send the header can be anyone. Never in production.
 */
export function factsFromHeader(name: string): (request: { headers: unknown }) => Request | undefined {
  return ({ headers }) => {
    const value =
      headers instanceof Headers ? headers.get(name) : (headers as Record<string, unknown>)[name.toLowerCase()];
    return typeof value === "string" ? (JSON.parse(value) as Request) : undefined;
  };
}
