import type { GuestType, Platform, PrincipalKind, Request, TransferMethod, TrustType } from "./types.js";

/**
 * Closed sets of the engine. A token or a header may carry anything; a value outside its set is an unknown fact,
 * not a malformed request.
 */
const PRINCIPAL_KINDS: readonly PrincipalKind[] = ["user", "workload", "agent", "anonymous"];
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

export const principalKind = oneOf(PRINCIPAL_KINDS);
export const guestType = oneOf(GUEST_TYPES);
export const trustType = oneOf(TRUST_TYPES);
export const platform = oneOf(PLATFORMS);
export const transferMethod = oneOf(TRANSFER_METHODS);

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

/** Drops members that are `undefined`, so that a later source is not hidden by an earlier one's ignorance. */
export function known<T extends object>(facts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(facts)) if (value !== undefined) result[name] = value;
  return result as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** Both, group by group; `over` wins where both know. */
export function merge(base: Request, over: Request): Request {
  const result: Record<string, unknown> = { ...base };
  // Not over `Object.entries`: this runs several times for every request.
  for (const group in over) {
    const facts = over[group as keyof Request];
    if (facts === undefined) continue;
    const present = result[group];
    result[group] = isGroup(present) && isGroup(facts) ? { ...present, ...facts } : facts;
  }
  return result as Request;
}

function isGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
