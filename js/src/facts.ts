import type { GuestType, Platform, PrincipalKind, Request, TransferMethod, TrustType } from "./types.js";

/**
 * Closed sets of the engine. A token or a header may carry anything; a value outside its set is an unknown fact,
 * not a malformed request.
 */
const PRINCIPAL_KINDS: readonly PrincipalKind[] = ["user", "agentUser", "workload", "agent", "anonymous"];
const GUEST_TYPES: readonly GuestType[] = [
  "none",
  "internalGuest",
  "b2bCollaborationGuest",
  "b2bCollaborationMember",
  "b2bDirectConnectUser",
  "otherExternalUser",
  "serviceProvider",
];
const TRUST_TYPES: readonly TrustType[] = ["AzureAD", "ServerAD", "Workplace"];
const PLATFORMS: readonly Platform[] = ["android", "iOS", "windows", "windowsPhone", "macOS", "linux", "other"];
const TRANSFER_METHODS: readonly TransferMethod[] = ["none", "deviceCodeFlow", "authenticationTransfer"];

function oneOf<T extends string>(members: readonly T[]): (value: unknown) => T | undefined {
  return (value) => members.find((member) => member === value);
}

export const principalKind = /* @__PURE__ */ oneOf(PRINCIPAL_KINDS);
export const guestType = /* @__PURE__ */ oneOf(GUEST_TYPES);
export const trustType = /* @__PURE__ */ oneOf(TRUST_TYPES);
export const platform = /* @__PURE__ */ oneOf(PLATFORMS);
export const transferMethod = /* @__PURE__ */ oneOf(TRANSFER_METHODS);

/** A string that is not empty. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function boolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/** A list of strings; one string is a list of one, as `amr` is often written. */
export function list(value: unknown): string[] | undefined {
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) return undefined;
  return value.every((entry) => typeof entry === "string") ? value : undefined;
}

/** A whole number from 0 to `limit`, also as a string: platforms report many numbers as text. */
export function count(value: unknown, limit = 0xffff_ffff): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number <= limit ? number : undefined;
}

/** NumericDate (RFC 7519): seconds in, milliseconds out. */
export function numericDate(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? Math.round(value * 1000) : undefined;
}

/** Degrees, also as a string. */
export function degrees(value: unknown, limit: number): number | undefined {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Math.abs(number) <= limit ? number : undefined;
}

/** ISO 3166-1 alpha-2. */
export function country(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Z]{2}$/.test(value) ? value : undefined;
}

/**
 * Both, member by member: `over` wins unless it leaves the member out (`undefined`); `null` says that it is unknown.
 * Written out, so that the facts of all requests have one shape: JavaScript engines are slow with ever new ones.
 */
export function merge(base: Request, over: Request): Request {
  return {
    time: over.time === undefined ? base.time : over.time,
    http: group(base.http, over.http),
    client: group(base.client, over.client),
    tls: group(base.tls, over.tls),
    transport: group(base.transport, over.transport),
    platformBot: group(base.platformBot, over.platformBot),
    principal: group(base.principal, over.principal),
    session: group(base.session, over.session),
    device: group(base.device, over.device),
    resource: group(base.resource, over.resource),
    risk: group(base.risk, over.risk),
    velocity: group(base.velocity, over.velocity),
    profile: group(base.profile, over.profile),
    agentDirectory: group(base.agentDirectory, over.agentDirectory),
  };
}

/** The same facts at a time, in the shape that {@link merge} gives them. */
export function at(time: number, facts: Request): Request {
  return {
    time,
    http: facts.http,
    client: facts.client,
    tls: facts.tls,
    transport: facts.transport,
    platformBot: facts.platformBot,
    principal: facts.principal,
    session: facts.session,
    device: facts.device,
    resource: facts.resource,
    risk: facts.risk,
    velocity: facts.velocity,
    profile: facts.profile,
    agentDirectory: facts.agentDirectory,
  };
}

/** What the `facts` hook answered. What can be no facts would be none, and the request judged without anybody noticing. */
export function stated(facts: Request | undefined): Request | undefined {
  if (facts === undefined || (isGroup(facts) && !("then" in facts))) return facts;
  // Nobody waits for it: failing, it would end a process.
  if ((facts as unknown) instanceof Promise) (facts as unknown as Promise<unknown>).catch(() => undefined);
  throw new TypeError("`facts` answered what are no facts");
}

/** Both, member by member, as {@link merge} does it with every group. */
export function group<T extends object>(base: T | null | undefined, over: T | null | undefined): T | null | undefined {
  if (over === undefined) return base;
  if (!isGroup(base) || !isGroup(over)) return over;
  const both = { ...base };
  for (const name in over) if (over[name] !== undefined) both[name] = over[name];
  return both;
}

function isGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
