import { EdgewardError } from "./errors.js";
import * as read from "./facts.js";
import { NOTHING_WITHHELD } from "./session.js";
import type { Withheld } from "./session.js";
import type { Request } from "./types.js";

/** What a host in front may state in plain headers, and how each is read. Lists are separated by commas. */
const READERS = {
  "principal.id": read.text,
  "principal.kind": read.principalKind,
  "principal.groups": split,
  "principal.roles": split,
  "principal.guestType": read.guestType,
  "session.id": read.text,
  "session.amr": split,
  "device.deviceId": read.text,
  "device.isCompliant": truth,
  "device.trustType": read.trustType,
  "device.platform": read.platform,
  "client.asn": read.count,
  "client.country": read.country,
  "tls.ja4": read.text,
  "tls.ja3": read.text,
} satisfies Record<string, (value: string) => unknown>;

export type TrustedFact = keyof typeof READERS;

/** Header name to the fact it carries: `{ "x-auth-user": "principal.id" }`. */
export type TrustedHeaders = Readonly<Record<string, TrustedFact>>;

/**
 * Reads facts from headers that the configuration names. Whoever can send such a header states the fact, so the
 * host in front must set or remove every one of them on every request.
 */
export class TrustedHeaderReader {
  readonly #headers: readonly (readonly [header: string, group: string, member: string, TrustedFact])[];
  /** What is never read: other spellings of the same names. */
  readonly #strange: readonly string[];

  /** @throws {EdgewardError} `invalid_option` if a fact can not be stated this way. */
  constructor(headers: TrustedHeaders) {
    this.#headers = Object.entries(headers).map(([header, fact]) => {
      if (!Object.hasOwn(READERS, fact)) {
        throw new EdgewardError("invalid_option", `\`${fact}\` can not be stated by a header`, {
          path: `trustedHeaders.${header}`,
        });
      }
      const [group = "", member = ""] = fact.split(".");
      return [header.toLowerCase(), group, member, fact] as const;
    });
    this.#strange = this.#headers.flatMap(([name]) => otherSpellings(name));
  }

  /** Takes those off that say who asks. */
  disown(): Withheld {
    const identifying = this.#headers.filter(([, group]) => group === "principal" || group === "session");
    return Object.fromEntries(identifying.map(([name]) => [name, undefined]));
  }

  /** Takes off what was not read, because the application behind would believe it: all of it, where the peer is not trusted. */
  withhold(header: (name: string) => string | undefined, isRead: boolean): Withheld {
    const names = isRead ? this.#strange : [...this.#headers.map(([name]) => name), ...this.#strange];
    const sent = names.filter((name) => header(name) !== undefined);
    return sent.length === 0 ? NOTHING_WITHHELD : Object.fromEntries(sent.map((name) => [name, undefined]));
  }

  read(header: (name: string) => string | undefined): Request {
    const groups: Record<string, Record<string, unknown>> = {};
    for (const [name, group, member, fact] of this.#headers) {
      const value = header(name);
      const stated = value === undefined ? undefined : READERS[fact](value);
      if (stated !== undefined) (groups[group] ??= {})[member] = stated;
    }
    const principal = groups["principal"];
    if (principal?.["id"] !== undefined) principal["kind"] ??= "user";
    return groups as Request;
  }
}

/** CGI, WSGI, Rack and PHP hand `_` and `-` to applications as one. */
function otherSpellings(name: string): string[] {
  const [first = "", ...rest] = name.split(/[-_]/);
  const all = rest.reduce((heads, part) => heads.flatMap((head) => [`${head}-${part}`, `${head}_${part}`]), [first]);
  return all.filter((spelling) => spelling !== name);
}

function split(value: unknown): string[] | undefined {
  if (typeof value !== "string") return undefined;
  return value
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function truth(value: unknown): boolean | undefined {
  return value === "true" ? true : value === "false" ? false : undefined;
}
