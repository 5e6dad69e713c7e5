/** A path and query that a URL keeps as they are: nothing to encode, no segment to resolve. */
const PLAIN = /^(?!.*\/\.)\/[\w~/.-]*(?:\?[\w.~%=&+-]*)?$/;

/** The origin parsed last: most requests are for the same one, and parsing costs more than the rest of reading. */
let last: { text: string; url: URL | undefined } = { text: "", url: undefined };

/** The parts of a URL that are read. */
export interface Address {
  href: string;
  hostname: string;
  pathname: string;
}

/** The address of what was asked for; `undefined` if it is none. */
export function resolve(origin: string, target: string): Address | undefined {
  if (origin !== last.text) last = { text: origin, url: parse(origin) };
  const { url } = last;
  if (url?.pathname !== "/" || url.href !== `${url.origin}/` || !PLAIN.test(target)) return parse(origin + target);
  const query = target.indexOf("?");
  return {
    href: url.origin + target,
    hostname: url.hostname,
    pathname: query < 0 ? target : target.slice(0, query),
  };
}

/** `URL.parse`, which Node 20 has not. */
function parse(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
