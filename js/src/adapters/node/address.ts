/** A path and query that a URL keeps as they are: nothing to encode, no segment to resolve. */
const PLAIN = /^(?!.*\/\.)\/[\w~/.-]*(?:\?[\w.~%=&+-]*)?$/;

/** The origin parsed last: most requests are for the same one, and parsing costs more than the rest of reading. */
let last: { scheme: string; host: string; url: URL | undefined } = { scheme: "", host: "", url: undefined };

/** The parts of a URL that are read. */
export interface Address {
  href: string;
  hostname: string;
  pathname: string;
}

/** The address of what was asked for; `undefined` if it is none. */
export function resolve(scheme: string, host: string, target: string): Address | undefined {
  if (host !== last.host || scheme !== last.scheme) last = { scheme, host, url: parseOrigin(scheme, host) };
  const { url } = last;
  if (url === undefined || !PLAIN.test(target)) return parse(`${scheme}://${host}${target}`);
  const query = target.indexOf("?");
  return {
    href: url.origin + target,
    hostname: url.hostname,
    pathname: query < 0 ? target : target.slice(0, query),
  };
}

/** The address of a host alone; `undefined` if more than that is in what it calls itself. */
function parseOrigin(scheme: string, host: string): URL | undefined {
  const url = parse(`${scheme}://${host}`);
  return url?.href === `${url?.origin}/` ? url : undefined;
}

/** `URL.parse`, which Node 20 has not. */
function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
