import type { RiskLevel } from "./types.js";

const LEVELS: readonly string[] = ["none", "low", "medium", "high"];

/** Revocations kept; beyond it the earliest revoked go first. */
const REVOCATIONS_LIMIT = 100_000;
const LEVELS_LIMIT = 100_000;

/** What the scorer last said of revoked sessions and of principals' risk. Ids are keyed hashes. */
export class State {
  #cursor = 0;
  readonly #revoked = new Map<string, number>();
  readonly #levels = new Map<string, RiskLevel>();
  readonly #forked = new Map<string, true>();
  #failSafe = false;

  /** Where the next page starts. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Whether the scorer's audit found that edges allow too much by themselves. */
  get failSafe(): boolean {
    return this.#failSafe;
  }

  /** Whether two copies of a device cookie are in use. */
  forked(principal: string, line: string): boolean {
    return this.#forked.has(`${principal}:${line}`);
  }

  get empty(): boolean {
    return this.#revoked.size === 0 && this.#levels.size === 0;
  }

  /** Takes in one page of `GET /v1/state`, whole or not at all: `false` if it is not one. */
  apply(page: unknown): boolean {
    if (!isRecord(page)) return false;
    const { cursor, revokedSessions, riskLevels, forkedCookies = [], failSafe } = page;
    if (!Number.isSafeInteger(cursor) || !Array.isArray(revokedSessions) || !Array.isArray(riskLevels)) return false;
    if (!Array.isArray(forkedCookies) || !["boolean", "undefined"].includes(typeof failSafe)) return false;
    const whole =
      forkedCookies.every((entry) => isRecord(entry) && isText(entry["principal"]) && isText(entry["line"])) &&
      revokedSessions.every((entry) => isRecord(entry) && isText(entry["id"]) && Number.isFinite(entry["revokedAt"])) &&
      riskLevels.every(
        (entry) =>
          isRecord(entry) && isText(entry["kind"]) && isText(entry["id"]) && LEVELS.includes(entry["level"] as string),
      );
    if (!whole) return false;
    for (const { id, revokedAt } of revokedSessions as { id: string; revokedAt: number }[]) {
      put(this.#revoked, id, revokedAt, REVOCATIONS_LIMIT);
    }
    for (const { kind, id, level } of riskLevels as { kind: string; id: string; level: RiskLevel }[]) {
      put(this.#levels, `${kind}:${id}`, level, LEVELS_LIMIT);
    }
    for (const { principal, line } of forkedCookies as { principal: string; line: string }[]) {
      put(this.#forked, `${principal}:${line}`, true, REVOCATIONS_LIMIT);
    }
    this.#failSafe = failSafe === true;
    // A cursor that runs backwards is another scorer, or one restored from an older copy: its feed is read from
    // the start. What was revoked stays revoked.
    this.#cursor = (cursor as number) < this.#cursor ? 0 : (cursor as number);
    return true;
  }

  /** All of it as one page, for {@link apply} elsewhere. */
  page(): unknown {
    return {
      cursor: this.#cursor,
      revokedSessions: Array.from(this.#revoked, ([id, revokedAt]) => ({ id, revokedAt })),
      forkedCookies: Array.from(this.#forked.keys(), (key) => {
        const at = key.lastIndexOf(":");
        return { principal: key.slice(0, at), line: key.slice(at + 1) };
      }),
      failSafe: this.#failSafe,
      riskLevels: Array.from(this.#levels, ([key, level]) => {
        const [kind, ...id] = key.split(":");
        return { kind, id: id.join(":"), level };
      }),
    };
  }

  /** Whether the session was revoked after it was established. */
  revoked(session: string, establishedAt: number | null | undefined): boolean {
    const at = this.#revoked.get(session);
    return at !== undefined && (typeof establishedAt !== "number" || establishedAt <= at);
  }

  level(kind: "user" | "servicePrincipal" | "agent", principal: string): RiskLevel | undefined {
    return this.#levels.get(`${kind}:${principal}`);
  }
}

function put<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= limit) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
