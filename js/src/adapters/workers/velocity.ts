import type { Engine } from "../../engine.js";
import { EdgewardError } from "../../errors.js";
import { count, text } from "../../facts.js";
import { hex } from "../../hex.js";
import type { HostCounters, SignIn } from "../../options.js";
import { patience } from "../../patience.js";
import type { Request, VelocityFacts } from "../../types.js";
import { format, isV4, parse } from "../ip.js";

/** The part of a Durable Object namespace that is used; its objects are `VelocityCounter`s. */
export interface VelocityNamespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(url: string, init: { method: string }): Promise<{ ok: boolean; text(): Promise<string> }> };
}

/** A request waits no longer for its counts: milliseconds. */
const TIMEOUT_MS = 50;
/** An address nobody serves: objects are reached through their namespace. */
const COUNTER = "https://edgeward.invalid/";

/**
 * Asks and feeds the counters: one for each principal, one for each address (of IPv6 its /64, which one subscriber
 * has whole). A count that is not there in time is unknown, never 0.
 */
export class VelocityClient implements HostCounters {
  readonly #namespace: VelocityNamespace;
  readonly #engine: Engine;
  readonly #report: (code: string, message: string) => void;

  /** @throws {EdgewardError} `invalid_option`. */
  constructor(namespace: VelocityNamespace, engine: Engine, report: (code: string, message: string) => void) {
    if (typeof namespace.idFromName !== "function") {
      throw new EdgewardError("invalid_option", "`velocity` is not a Durable Object namespace", { path: "velocity" });
    }
    this.#namespace = namespace;
    this.#engine = engine;
    this.#report = report;
  }

  read({ velocity, principal, client }: Request): Promise<VelocityFacts> | undefined {
    if (velocity === null) return undefined;
    const who = text(principal?.id);
    const user = velocity?.userFailures1h === undefined ? who : undefined;
    const ip = velocity?.ipUsers1h === undefined ? address(client?.ip) : undefined;
    if (user === undefined && ip === undefined) return undefined;
    return this.#read(user, ip, who);
  }

  async #read(user: string | undefined, ip: string | undefined, who: string | undefined): Promise<VelocityFacts> {
    const [userFailures1h, ipUsers1h] = await Promise.all([
      user === undefined ? undefined : this.#count(async () => this.#send("GET", await this.#user(user))),
      ip === undefined ? undefined : this.#count(async () => this.#send("GET", await this.#address(ip), who && (await this.#user(who)))),
    ]);
    return { userFailures1h, ipUsers1h };
  }

  async record({ principal, client }: Request, signIn: SignIn): Promise<void> {
    const who = text(signIn.principal) ?? text(principal?.id);
    if (who === undefined) return;
    const ip = address(client?.ip);
    try {
      const user = await this.#user(who);
      const place = ip && (await this.#address(ip));
      await Promise.all([
        signIn.succeeded ? undefined : this.#send("POST", user, crypto.randomUUID()),
        place === undefined ? undefined : this.#send("POST", place, user),
      ]);
    } catch (error) {
      this.#report("velocity_failed", `a sign-in can not be counted: ${String(error)}`);
    }
  }

  async #count(ask: () => Promise<number>): Promise<number | undefined> {
    try {
      const answer = await patience(ask(), TIMEOUT_MS);
      if (answer !== "impatient") return answer;
      this.#report("velocity_timeout", `a counter did not answer within ${TIMEOUT_MS} ms`);
    } catch (error) {
      this.#report("velocity_failed", `a counter can not be read: ${String(error)}`);
    }
    return undefined;
  }

  async #send(method: "GET" | "POST", name: string, key?: string): Promise<number> {
    const counter = this.#namespace.get(this.#namespace.idFromName(name));
    const response = await counter.fetch(key === undefined ? COUNTER : `${COUNTER}?key=${key}`, { method });
    const answer = response.ok ? count(await response.text()) : undefined;
    if (answer === undefined) throw new Error("the answer is no count");
    return answer;
  }

  async #user(id: string): Promise<string> {
    return `user-${await digest(this.#engine.identifier("principal", id))}`;
  }

  /** The engine has no kind of identifier for addresses; that of devices is the one that stands for no person. */
  async #address(ip: string): Promise<string> {
    return `address-${await digest(this.#engine.identifier("device", `address ${ip}`))}`;
  }
}

function address(ip: unknown): string | undefined {
  const groups = typeof ip === "string" ? parse(ip) : undefined;
  if (groups === undefined) return undefined;
  return isV4(groups) ? format(groups) : `${format([...groups.slice(0, 4), 0, 0, 0, 0])}/64`;
}

/** Without an identifier key identifiers are whatever somebody typed: of any length, and not for others to read. */
async function digest(identifier: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(identifier));
  return hex(new Uint8Array(hash, 0, 16));
}
