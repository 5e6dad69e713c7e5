// The worker in front of the demo application, written as any user of the package would write it.
import { createWorker } from "edgeward/workers";
import applications from "./applications.json";

/** Bindings; a deployed worker keeps the secrets among them with `wrangler secret put`. */
interface Bindings {
  ORIGIN: string;
  ORIGIN_SECRET: string;
  SCORER: string;
  SCORER_TOKEN: string;
  STATE_INTERVAL_MS: string;
  BUNDLE_KEY: string;
  IDENTIFIER_KEY: string;
  ISSUER: string;
  AUDIENCE: string;
  /** Lets the replay say where a request comes from. */
  DEMO_SECRET: string;
  /** Where a request comes from otherwise. */
  DEMO_PLACE: string;
}

export default createWorker<Bindings>((env) => ({
  origin: env.ORIGIN,
  originSecret: env.ORIGIN_SECRET,
  publicKeys: [JSON.parse(env.BUNDLE_KEY)],
  identifierKey: env.IDENTIFIER_KEY,
  scorer: { url: env.SCORER, token: env.SCORER_TOKEN, stateIntervalMs: Number(env.STATE_INTERVAL_MS) },
  session: { keys: { jwksUrl: `${env.ISSUER}/.well-known/jwks.json` }, issuer: env.ISSUER, audience: env.AUDIENCE },
  stepUpUrl: `${env.ISSUER}/step-up`,
  facts: (request) => ({
    ...place(request, env),
    resource: { application: applicationOf(new URL(request.url).pathname) },
  }),
  debug: true,
}));

function applicationOf(path: string): string | null {
  return Object.entries(applications).find(([prefix]) => path.startsWith(prefix))?.[1] ?? null;
}

/**
 * Cloudflare's edge tells where a request comes from; on one machine nobody can. So this worker, and only this one,
 * believes a header that carries the demo's secret, and otherwise puts everybody in one place.
 */
function place(request: Request, env: Bindings): object {
  const stated = request.headers.get("edgeward-demo-facts");
  const secret = request.headers.get("edgeward-demo-secret");
  return JSON.parse(stated !== null && secret === env.DEMO_SECRET ? stated : env.DEMO_PLACE);
}
