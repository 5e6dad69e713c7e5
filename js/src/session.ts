import type { JWTPayload } from "jose";
import { cookies, withoutCookies } from "./cookies.js";
import { EdgewardError } from "./errors.js";
import * as read from "./facts.js";
import { address } from "./kinds.js";
import { Lru } from "./lru.js";
import type { ProofVerifier } from "./dpop.js";
import type { TokenKeys, TokenVerifier } from "./token.js";
import type { Request } from "./types.js";

/** Which claim carries which fact. A name with dots is looked up whole first, then as a path. */
export interface ClaimNames {
  principal: string;
  principalKind: string;
  groups: string;
  roles: string;
  guestType: string;
  externalTenant: string;
  session: string;
  sessionStart: string;
  authTime: string;
  amr: string;
  transferMethod: string;
  device: string;
  binding: string;
}

export const CLAIMS: ClaimNames = {
  principal: "sub",
  principalKind: "principal_kind",
  groups: "groups",
  roles: "roles",
  guestType: "guest_type",
  externalTenant: "external_tenant",
  session: "sid",
  sessionStart: "session_start",
  authTime: "auth_time",
  amr: "amr",
  transferMethod: "transfer_method",
  device: "device",
  binding: "binding",
};

export interface SessionOptions {
  /** Where the issuer publishes its keys, or the keys themselves. */
  keys: TokenKeys;
  issuer: string;
  audience: string;
  /** Signature algorithms accepted, of the asymmetric ones of RFC 7518 and RFC 8037. Default: all of those. */
  algorithms?: string[] | undefined;
  /** Cookie that carries the token; `Authorization` comes first. Default `edgeward_session`. */
  cookie?: string | undefined;
  claims?: Partial<ClaimNames> | undefined;
  /** Tolerated difference of clocks, seconds. Default 5. */
  clockToleranceSeconds?: number | undefined;
}

export const ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];
const ADDRESS = /* @__PURE__ */ address("an address over http or https, without credentials", () => true);
/** A longer token is refused unread: characters. */
const TOKEN_LIMIT = 8_192;
const CACHE_ENTRIES = 5_000;
/** A verified token is verified again after this at the latest, so that a withdrawn key takes effect: ms. */
const CACHE_MS = 300_000;

/** Cookies of the name that are verified; a request with more has no session: nobody sends them by accident. */
const COOKIES_LIMIT = 4;

/** Header names in lower case, each as it may go on; `undefined`: not at all. */
export type Withheld = Readonly<Record<string, string | undefined>>;

/** What a request's tokens come to. */
export interface Session {
  facts: Request;
  /** Which header the token came in that counts; `undefined` if none does. */
  from: "authorization" | "cookie" | undefined;
  /**
   * What the application must not see as it came. A token that was not judged would make the request somebody's
   * behind the edge who was nobody, or somebody else, here.
   */
  withheld: Withheld;
}

type Header = (name: string) => string | undefined;

/** The request that a proof has to be made for. */
export interface Presented {
  method: string;
  url: string;
}

/** What a token that verified states. */
interface Known {
  facts: Request;
  /** What whoever presents the token has to prove. */
  confirmation: Confirmation;
}

/** Nothing; that it holds the key of a thumbprint; or what can not be verified here. */
type Confirmation = undefined | { thumbprint: string } | "unsupported";

/** A token of the request, and the scheme of `Authorization` it came with; `undefined` in a cookie. */
export interface Carried {
  token: string;
  scheme: "bearer" | "dpop" | undefined;
}

export const NOTHING_WITHHELD: Withheld = {};
const ANONYMOUS: Request = { principal: { kind: "anonymous" } };
const NO_SESSION: Session = { facts: ANONYMOUS, from: undefined, withheld: NOTHING_WITHHELD };
/** Keys can not be had, so nobody can tell whose token it is: not anonymous, unknown. */
const UNKNOWN: Request = {};
const NOBODY: Known = { facts: ANONYMOUS, confirmation: undefined };

/** Reads principal, session and device facts out of a verified session token. */
export class SessionReader {
  readonly #keys: TokenKeys;
  /** Made when the first token comes: nothing before needs what verifies it. */
  #verifier: Promise<TokenVerifier> | undefined;
  readonly #options: SessionOptions;
  readonly #claims: Partial<ClaimNames>;
  readonly #cookie: string;
  readonly #verified = new Lru<Known>(CACHE_ENTRIES);
  #proofs: Promise<ProofVerifier> | undefined;
  readonly #report: (code: string, message: string) => void;

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(options: SessionOptions, report: (code: string, message: string) => void) {
    for (const name of ["issuer", "audience"] as const) {
      if (typeof options[name] !== "string" || options[name] === "") {
        throw new EdgewardError("invalid_option", `a token of any ${name} would be believed`, {
          path: `session.${name}`,
        });
      }
    }
    check(options.keys);
    this.#keys = options.keys;
    this.#options = options;
    this.#claims = options.claims ?? {};
    this.#cookie = options.cookie ?? "edgeward_session";
    this.#report = report;
  }

  /**
   * The token that verifies is the session: of `Authorization` first, else of the cookies, unless two of them name
   * different sessions. One that is bound to a key verifies with a proof of that key only (RFC 9449, section 7): without,
   * a copy would do. No token, or none that verifies, is no session: anonymous. `now` in milliseconds. What is known
   * already is not waited for.
   */
  read(header: Header, now: number, presented: Presented): Session | Promise<Session> {
    const bearing = authorized(header("authorization"));
    const carried = cookies(header("cookie"), this.#cookie, COOKIES_LIMIT);
    if (bearing === undefined && carried?.length === 0) return NO_SESSION;
    const one = bearing === undefined && carried?.length === 1 ? carried[0] : carried?.length === 0 ? bearing?.token : undefined;
    const known = one === undefined || bearing?.scheme === "dpop" ? undefined : this.#verified.get(one, now);
    if (known === undefined || known.confirmation !== undefined) {
      return this.#judge(header, bearing, carried ?? [], now, presented);
    }
    return { facts: known.facts, from: bearing === undefined ? "cookie" : "authorization", withheld: NOTHING_WITHHELD };
  }

  /** Takes every token off a request, but for those to `keep`. */
  withhold(header: Header, keep: readonly string[] = []): Withheld {
    const withheld: Record<string, string | undefined> = {};
    const bearing = authorized(header("authorization"));
    if (bearing !== undefined && !keep.includes(bearing.token)) withheld["authorization"] = undefined;
    const cookie = header("cookie");
    if (cookie === undefined) return withheld;
    if (cookies(cookie, this.#cookie, COOKIES_LIMIT)?.every((token) => keep.includes(token)) === true) return withheld;
    return { ...withheld, cookie: withoutCookies(cookie, this.#cookie, keep) };
  }

  async #judge(
    header: Header,
    bearing: Carried | undefined,
    carried: readonly string[],
    now: number,
    presented: Presented,
  ): Promise<Session> {
    const tokens: Carried[] = bearing === undefined ? [] : [bearing];
    for (const token of new Set(carried)) if (token !== bearing?.token) tokens.push({ token, scheme: undefined });
    const read = await Promise.all(
      tokens.map(async (one) => ({ token: one.token, facts: await this.#factsOf(one, header, now, presented) })),
    );
    const verified = read.filter(({ facts }) => facts.principal !== undefined && facts !== ANONYMOUS);
    const first = verified[0];
    const fromBearer = first !== undefined && first.token === bearing?.token;
    const agreeing = verified.filter(({ facts }) => isSameSession(facts, first?.facts));
    if (first === undefined || (!fromBearer && agreeing.length < verified.length)) {
      const isUnknown = first === undefined && read.some(({ facts }) => facts === UNKNOWN);
      if (isUnknown) return { facts: UNKNOWN, from: undefined, withheld: NOTHING_WITHHELD };
      return { facts: ANONYMOUS, from: undefined, withheld: this.withhold(header) };
    }
    const withheld = this.withhold(header, agreeing.map(({ token }) => token));
    return { facts: first.facts, from: fromBearer ? "authorization" : "cookie", withheld };
  }

  /** What a token states of whoever presents it, which is nothing if it is bound to a key that was not proved. */
  async #factsOf({ token, scheme }: Carried, header: Header, now: number, presented: Presented): Promise<Request> {
    if (token.length > TOKEN_LIMIT) return ANONYMOUS;
    const { facts, confirmation } = this.#verified.get(token, now) ?? (await this.#verify(token, now));
    if (facts === UNKNOWN) return UNKNOWN;
    if (confirmation === undefined) return scheme === "dpop" ? ANONYMOUS : facts;
    if (confirmation === "unsupported" || scheme !== "dpop") return ANONYMOUS;
    this.#proofs ??= import("./dpop.js").then(
      ({ ProofVerifier }) => new ProofVerifier({ algorithms: ALGORITHMS, clockTolerance: this.#tolerance }),
    );
    const { method, url } = presented;
    const proving = { token, ...confirmation, method, url, now };
    if (!(await (await this.#proofs).proves(header("dpop"), proving))) return ANONYMOUS;
    return { ...facts, session: { ...facts.session, keyProved: true } };
  }

  get #tolerance(): number {
    return this.#options.clockToleranceSeconds ?? 5;
  }

  async #verify(token: string, now: number): Promise<Known> {
    try {
      this.#verifier ??= import("./token.js").then(
        ({ TokenVerifier }) => new TokenVerifier(this.#keys, (message) => this.#report("key_unusable", message)),
      );
      const claims = await (await this.#verifier).claims(token, {
        issuer: this.#options.issuer,
        audience: this.#options.audience,
        algorithms: this.#options.algorithms ?? ALGORITHMS,
        clockTolerance: this.#tolerance,
        currentDate: new Date(now),
        requiredClaims: ["exp"],
      });
      if (claims === undefined) return NOBODY;
      const known: Known = { facts: this.#facts(claims), confirmation: confirmation(claims["cnf"]) };
      if (known.confirmation === "unsupported") {
        this.#report("token_unprovable", "a token is bound to what can not be proved here: it counts as none");
      }
      this.#verified.set(token, known, Math.min((claims.exp ?? 0) * 1000, now + CACHE_MS));
      return known;
    } catch (error) {
      this.#report("keys_unavailable", `the keys of session tokens can not be had: ${String(error)}`);
      return { facts: UNKNOWN, confirmation: undefined };
    }
  }

  #facts(payload: JWTPayload): Request {
    const claim = (name: keyof ClaimNames): unknown => lookUp(payload, this.#claims[name] ?? CLAIMS[name]);
    const device = record(claim("device"));
    const binding = record(claim("binding"));
    return {
      principal: {
        kind: read.principalKind(claim("principalKind")) ?? "user",
        id: read.text(claim("principal")),
        groups: read.list(claim("groups")),
        roles: read.list(claim("roles")),
        guestType: read.guestType(claim("guestType")),
        externalTenant: read.text(claim("externalTenant")),
      },
      session: {
        id: read.text(claim("session")),
        establishedAt: read.numericDate(claim("sessionStart")) ?? read.numericDate(payload.iat),
        authTime: read.numericDate(claim("authTime")),
        amr: read.list(claim("amr")),
        transferMethod: read.transferMethod(claim("transferMethod")),
        binding:
          binding &&
          {
            asn: read.count(binding["asn"]),
            country: read.country(binding["country"]),
            ja4: read.text(binding["ja4"]),
            agent: read.text(binding["agent"]),
          },
      },
      device: {
        isRegistered: device && (read.boolean(device["isRegistered"]) ?? true),
        isCompliant: device && read.boolean(device["isCompliant"]),
        trustType: device && read.trustType(device["trustType"]),
        platform: device && read.platform(device["platform"]),
        deviceId: device && read.text(device["id"]),
      },
    };
  }
}

/** Wrong keys are a fault of whoever starts the host, to be told then. */
function check(keys: unknown): void {
  const given = record(keys);
  if (given === undefined) throw new EdgewardError("invalid_option", "no token can be verified without", { path: "session.keys" });
  if ("jwks" in given) {
    const list = record(given["jwks"])?.["keys"];
    if (Array.isArray(list) && list.every((key) => record(key) !== undefined)) return;
    throw new EdgewardError("invalid_option", "not a JSON Web Key Set", { path: "session.keys.jwks" });
  }
  if (!ADDRESS.is(given["jwksUrl"])) {
    throw new EdgewardError("invalid_option", `not ${ADDRESS.what}`, { path: "session.keys.jwksUrl" });
  }
}

/**
 * What stands behind `Bearer` or `DPoP`, whether or not it is a token: who reads it behind us may be less strict. Of either
 * scheme, or one that was not judged would go on under the other.
 */
export function authorized(authorization: string | undefined): Carried | undefined {
  const [whole, scheme] = /^\s*(bearer|dpop)(?![\w-])/i.exec(authorization ?? "") ?? [];
  if (whole === undefined) return undefined;
  const token = (authorization ?? "").slice(whole.length).trim();
  return { token, scheme: scheme?.toLowerCase() === "dpop" ? "dpop" : "bearer" };
}

/** RFC 7800: a member of `cnf` names what the presenter has to prove. */
function confirmation(cnf: unknown): Confirmation {
  if (cnf === undefined) return undefined;
  const thumbprint = record(cnf)?.["jkt"];
  return typeof thumbprint === "string" ? { thumbprint } : "unsupported";
}

function isSameSession(one: Request, other: Request | undefined): boolean {
  if (one === other) return true;
  const id = one.principal?.id;
  return id !== undefined && id === other?.principal?.id && one.session?.id === other?.session?.id;
}

function lookUp(claims: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split(".")) {
    const group = record(value);
    if (group === undefined || !Object.hasOwn(group, part)) return undefined;
    value = group[part];
  }
  return value;
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
