import { request as httpRequest } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { fileURLToPath } from "node:url";
import { compile } from "edgeward/compiler";
import type { Request } from "../../dist/types.js";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/** What edges load of {@link source}. */
export function bundle(version = "1"): string {
  return compile(JSON.stringify(source(version))).bundle;
}

/** A bundle without policies. */
export function open(): string {
  return compile(JSON.stringify({ schema: 1, version: "1", policies: [] })).bundle;
}

/** Attack tools are blocked; `/admin` needs MFA; users of high risk are blocked, which an edge has to ask for. */
export function source(version = "1"): { policies: ReturnType<typeof policy>[]; [member: string]: unknown } {
  return {
    schema: 1,
    version,
    namedLocations: [],
    policies: [
      policy("block-attack-tools", { users: ["All"], edge: { agentClasses: { include: ["attackTool"] } } }, "block"),
      policy("mfa-for-admin", { users: ["All"], edge: { paths: ["/admin", "/admin/*"] } }, "mfa"),
      policy("block-risky-users", { users: ["All"], userRiskLevels: ["high"] }, "block", {
        disableResilienceDefaults: true,
      }),
    ],
  };
}

/** A policy for some users, or for those of other conditions, that demands one control. */
export function policy(
  id: string,
  { users, ...conditions }: { users: string[] | Record<string, string[]>; edge?: unknown; userRiskLevels?: string[]; signInRiskLevels?: string[] },
  control: string,
  sessionControls?: unknown,
): { state: string; [member: string]: unknown } {
  return {
    id,
    displayName: id,
    state: "enabled",
    conditions: {
      users: Array.isArray(users) ? { includeUsers: users } : users,
      applications: { includeApplications: ["All"] },
      clientAppTypes: ["all"],
      ...conditions,
    },
    grantControls: { operator: "OR", builtInControls: [control] },
    ...(sessionControls === undefined ? {} : { sessionControls }),
  };
}

/** Everything known, nothing risky, no scorer needed. */
export const CALM = {
  client: { ip: "203.0.113.7", asn: 64_500, country: "NO" },
  principal: { kind: "user", id: "u1", groups: [], roles: [], guestType: "none" },
  session: { id: "s1", establishedAt: 1_790_000_000_000, amr: ["pwd"], transferMethod: "none" },
  device: { isRegistered: true, isCompliant: true },
  resource: { application: "app" },
  risk: { signIn: "none", user: "none" },
} as const;

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** What `edgeward-debug` shows. */
  debug: { outcome: string; asked: string[]; outage: boolean; controls: string[]; supportCode: string } | undefined;
}

/** One HTTP exchange over `node:http`, which sends headers as they are. */
export function exchange(
  url: string,
  headers: Record<string, string | string[]> = {},
  { method = "GET", body, target }: { method?: string; body?: string; target?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, ...(target !== undefined && { path: target }), headers: { "user-agent": CHROME, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const debug = response.headers["edgeward-debug"];
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          debug: typeof debug === "string" ? (JSON.parse(decodeURIComponent(debug)) as Reply["debug"]) : undefined,
        });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Facts without the members that are left unknown (`undefined`). */
export function stated(facts: Request): Request {
  return JSON.parse(JSON.stringify(facts)) as Request;
}
