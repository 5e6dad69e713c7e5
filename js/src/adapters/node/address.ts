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
let last: { scheme: string; host: string; url: URL | undefined } = { scheme: "", host: "", url: undefined };

/** The parts of a URL that are read. */
export interface Address {
  href: string;
  /** `undefined` if the request does not tell its host, or nothing that is one. */
  hostname: string | undefined;
  /** As the client wrote it: applications route by that, and resolve it or not. The engine knows how they may. */
  path: string;
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

function under(scheme: string, host: string | undefined, path: string): Address {
  if (host !== last.host || scheme !== last.scheme) last = { scheme, host: host ?? "", url: origin(scheme, host) };
  const { url } = last;
  const base = url?.origin ?? `${scheme}://localhost`;
  const href = PLAIN.test(path) ? base + path : (parse(base + path)?.href ?? `${base}/`);
  const end = path.search(/[?#]/);
  return { href, hostname: url?.hostname, path: end < 0 ? path : path.slice(0, end) };
}

/** The origin of a host; `undefined` if it is none. */
function origin(scheme: string, host: string | undefined): URL | undefined {
  return host !== undefined && HOST.test(host) ? parse(`${scheme}://${host}`) : undefined;
}

/** `URL.parse`, which Node 20 has not. */
function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
