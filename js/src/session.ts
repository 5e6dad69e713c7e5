import type { JWTPayload } from "jose";
import { EdgewardError } from "./errors.js";
import * as read from "./facts.js";
import { Lru } from "./lru.js";
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

const CLAIMS: ClaimNames = {
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
  /** Signature algorithms accepted. Default: the asymmetric ones of RFC 7518 and RFC 8037. */
  algorithms?: string[] | undefined;
  /** Cookie that carries the token; `Authorization: Bearer` comes first. Default `edgeward_session`. */
  cookie?: string | undefined;
  claims?: Partial<ClaimNames> | undefined;
  /** Tolerated difference of clocks, seconds. Default 5. */
  clockToleranceSeconds?: number | undefined;
}

const ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];
/** A longer token is refused unread: characters. */
const TOKEN_LIMIT = 8_192;
const CACHE_ENTRIES = 5_000;
/** A verified token is verified again after this at the latest, so that a withdrawn key takes effect: ms. */
const CACHE_MS = 300_000;

const ANONYMOUS: Request = { principal: { kind: "anonymous" } };
/** Keys can not be had, so nobody can tell whose token it is: not anonymous, unknown. */
const UNKNOWN: Request = {};

/** Reads principal, session and device facts out of a verified session token. */
export class SessionReader {
  readonly #keys: TokenKeys;
  /** Made when the first token comes: nothing before needs what verifies it. */
  #verifier: Promise<TokenVerifier> | undefined;
  readonly #options: SessionOptions;
  readonly #claims: ClaimNames;
  readonly #cookie: string;
  readonly #verified = new Lru<Request>(CACHE_ENTRIES);
  readonly #report: (message: string) => void;

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(options: SessionOptions, report: (message: string) => void) {
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
    this.#claims = { ...CLAIMS, ...options.claims };
    this.#cookie = options.cookie ?? "edgeward_session";
    this.#report = report;
  }

  /**
   * No token, or one that does not verify, is no session: anonymous. `now` in milliseconds. What is known already is
   * not waited for.
   */
  read(header: (name: string) => string | undefined, now: number): Request | Promise<Request> {
    const token = bearer(header("authorization")) ?? cookie(header("cookie"), this.#cookie);
    if (token === undefined || token.length > TOKEN_LIMIT) return ANONYMOUS;
    return this.#verified.get(token, now) ?? this.#verify(token, now);
  }

  async #verify(token: string, now: number): Promise<Request> {
    try {
      this.#verifier ??= import("./token.js").then(({ TokenVerifier }) => new TokenVerifier(this.#keys));
      const claims = await (await this.#verifier).claims(token, {
        issuer: this.#options.issuer,
        audience: this.#options.audience,
        algorithms: this.#options.algorithms ?? ALGORITHMS,
        clockTolerance: this.#options.clockToleranceSeconds ?? 5,
        currentDate: new Date(now),
        requiredClaims: ["exp"],
      });
      if (claims === undefined) return ANONYMOUS;
      const facts = this.#facts(claims);
      this.#verified.set(token, facts, Math.min((claims.exp ?? 0) * 1000, now + CACHE_MS));
      return facts;
    } catch (error) {
      this.#report(`the keys of session tokens can not be had: ${String(error)}`);
      return UNKNOWN;
    }
  }

  #facts(payload: JWTPayload): Request {
    const claim = (name: keyof ClaimNames): unknown => lookUp(payload, this.#claims[name]);
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
function check(keys: TokenKeys): void {
  if ("jwks" in keys) {
    const { keys: list } = (keys.jwks ?? {}) as { keys?: unknown };
    if (Array.isArray(list) && list.every((key) => record(key) !== undefined)) return;
    throw new EdgewardError("invalid_option", "not a JSON Web Key Set", { path: "session.keys.jwks" });
  }
  if (!URL.canParse(keys.jwksUrl)) {
    throw new EdgewardError("invalid_option", `\`${keys.jwksUrl}\` is not an address`, {
      path: "session.keys.jwksUrl",
    });
  }
}

function bearer(authorization: string | undefined): string | undefined {
  return /^bearer +([^\s]+) *$/i.exec(authorization ?? "")?.[1];
}

/** First value of a cookie. */
export function cookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
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
