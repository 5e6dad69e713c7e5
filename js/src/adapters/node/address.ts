/** A path and query that a URL keeps as they are: nothing to encode, no segment to resolve. */
const PLAIN = /^(?!.*\/\.)\/[\w~/.-]*(?:\?[\w.~%=&+-]*)?$/;

/**
 * A target that names its host itself, as clients of proxies write it (RFC 9112 §3.2.2): authority, then the rest. Routers
 * find a path behind an authority that is none (`http:///admin`, `http://x:99999/admin`), and so it is read, too.
 */
const ABSOLUTE = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#\\]*@)?([^/?#\\]*)(.*)$/is;

/** What a host and its port are written with. Anything else (`?`, `#`, `/`, `\`, `@`) would end the host and begin the path. */
const HOST = /^[\w.:[\]-]+$/;

/** The path and query that stand for a target without one: `*`, and what `CONNECT` asks for. */
const NOWHERE = "/";

/** The origin parsed last: most requests are for the same one, and parsing costs more than the rest of reading. */
let last: Origin & { scheme: string; host: string | undefined } = { scheme: "", host: undefined, base: "", hostname: undefined };

interface Origin {
  /** What paths are read under. */
  base: string;
  hostname: string | undefined;
}

/** The parts of a URL that are read. */
export class Address {
  /** `undefined` if the request does not tell its host, or nothing that is one. */
  readonly hostname: string | undefined;
  /** As the client wrote it: applications route by that, and resolve it or not. The engine knows how they may. */
  readonly path: string;
  readonly #base: string;
  readonly #target: string;

  constructor({ base, hostname }: Origin, target: string) {
    this.hostname = hostname;
    this.path = before("?", before("#", target));
    this.#base = base;
    this.#target = target;
  }

  /** Put together when it is asked for: most requests pass without. */
  get href(): string {
    const href = this.#base + this.#target;
    return PLAIN.test(this.#target) ? href : (parse(href)?.href ?? `${this.#base}/`);
  }
}

/**
 * The address of what was asked for. Path and query are those of the target, which is what applications route by; no
 * `Host` reaches into them.
 */
export function resolve(scheme: string, host: string | undefined, target: string): Address {
  if (target.startsWith("/")) return under(scheme, host, target);
  const [, authority, rest = ""] = ABSOLUTE.exec(target) ?? [];
  if (authority === undefined) return under(scheme, host, NOWHERE);
  return under(scheme, authority, rest.startsWith("/") ? rest : `/${rest}`);
}

function under(scheme: string, host: string | undefined, target: string): Address {
  if (host !== last.host || scheme !== last.scheme) last = { scheme, host, ...origin(scheme, host) };
  return new Address(last, target);
}

function before(mark: string, text: string): string {
  const end = text.indexOf(mark);
  return end < 0 ? text : text.slice(0, end);
}

/** The origin of a host; one that stands for it if it is none. */
function origin(scheme: string, host: string | undefined): Origin {
  const url = host !== undefined && HOST.test(host) ? parse(`${scheme}://${host}`) : undefined;
  return { base: url?.origin ?? `${scheme}://localhost`, hostname: url?.hostname };
}

/** `URL.parse`, which Node 20 has not. */
function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
