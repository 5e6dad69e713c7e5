/** A longer `Cookie` is not read: characters. */
const HEADER_LIMIT = 16_384;

/** Where one cookie stands in its header. */
interface Found {
  /** `undefined` if only some who read the header find a cookie of the name here: it is nobody's. */
  value: string | undefined;
  /** Of the pair, with the space before it and the separator behind it. */
  start: number;
  end: number;
}

/** Whether a header is short enough to be read. */
export function isReadable(header: string | undefined): boolean {
  return header === undefined || header.length <= HEADER_LIMIT;
}

/** First value of a cookie. */
export function cookie(header: string | undefined, name: string): string | undefined {
  for (let at = 0; ; ) {
    const found = find(header ?? "", name, at);
    if (found === undefined || found.value !== undefined) return found?.value;
    at = found.end;
  }
}

/**
 * Every value of a cookie, `limit` at most; `undefined` if there are more, or the header is too long to be read. One that
 * only some would read under the name has the value that no cookie counts with: an empty one.
 */
export function cookies(header: string | undefined, name: string, limit: number): string[] | undefined {
  const values: string[] = [];
  if (header === undefined) return values;
  if (!isReadable(header)) return undefined;
  for (let at = 0; ; ) {
    const found = find(header, name, at);
    if (found === undefined) return values;
    if (values.length === limit) return undefined;
    values.push(found.value ?? "");
    at = found.end;
  }
}

/** A header without the cookies of a name whose value is not to be kept; `undefined` if nothing is left of it. */
export function withoutCookies(header: string, name: string, keep: readonly string[]): string | undefined {
  if (!isReadable(header)) return undefined;
  let [left, from] = ["", 0];
  for (let at = 0; ; ) {
    const found = find(header, name, at);
    if (found === undefined) break;
    at = found.end;
    if (found.value !== undefined && keep.includes(found.value)) continue;
    left += header.slice(from, found.start);
    from = found.end;
  }
  left = `${left}${header.slice(from)}`.trim();
  if (/[;,]$/.test(left)) left = left.slice(0, -1).trimEnd();
  return left === "" ? undefined : left;
}

/**
 * The next cookie of a name, or what somebody reads as one. Found by its name and not by cutting the header up, which costs a
 * hostile one's length in pieces. A comma separates as well: some hosts join repeated headers with it, and who reads them
 * behind us will.
 */
function find(header: string, name: string, from: number): Found | undefined {
  if (!isReadable(header)) return undefined;
  for (let equals = header.indexOf("=", from); equals >= 0; equals = header.indexOf("=", equals + 1)) {
    const begin = beginOf(header, from, withoutSpace(header, from, equals), name);
    if (begin === undefined) continue;
    const before = withoutSpace(header, from, begin);
    const isFirst = before === from || isSeparator(header, before - 1);
    // Another name that ends alike. Behind space it is one of its own to who takes that for a separator, as Python does.
    if (!isFirst && before === begin) continue;
    let start = before;
    while (start > from && !isSeparator(header, start - 1)) start -= 1;
    let stop = equals + 1;
    while (stop < header.length && !isSeparator(header, stop)) stop += 1;
    const isPlain = isFirst && plain(header.slice(start, equals)) === name;
    return { value: isPlain ? header.slice(equals + 1, stop).trim() : undefined, start, end: Math.min(stop + 1, header.length) };
  }
  return undefined;
}

/** Where a name begins that ends at a place, as anybody may read it; `undefined` if another one ends there. */
function beginOf(header: string, from: number, end: number, name: string): number | undefined {
  let at = end;
  for (let left = name.length - 1; left >= 0; left -= 1) {
    if (at <= from) return undefined;
    const encoded = decoded(header, from, at);
    if (folded(encoded ?? header.charCodeAt(at - 1)) !== folded(name.charCodeAt(left))) return undefined;
    at -= encoded === undefined ? 1 : 3;
  }
  return at;
}

/** Where the space begins that ends at a place, percent-encoded or not. */
function withoutSpace(header: string, from: number, end: number): number {
  let at = end;
  while (at > from) {
    const encoded = decoded(header, from, at);
    if (!isSpace(encoded ?? header.charCodeAt(at - 1))) break;
    at -= encoded === undefined ? 1 : 3;
  }
  return at;
}

/** What the percent-encoding stands for that ends at a place, if one does: some decode names. */
function decoded(header: string, from: number, end: number): number | undefined {
  if (end - from < 3 || header.charCodeAt(end - 3) !== 0x25) return undefined;
  const [high, low] = [digit(header.charCodeAt(end - 2)), digit(header.charCodeAt(end - 1))];
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function digit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

/** A character of a name as the most forgiving read it: PHP makes `_` of ` `, `.` and `[`, ASP.NET compares without case. */
function folded(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code | 0x20;
  return code === 0x20 || code === 0x2e || code === 0x5b ? 0x5f : code;
}

/** Without the space around it. */
function plain(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** `;` or `,`. */
function isSeparator(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 0x3b || code === 0x2c;
}

/** What one language or another trims off a name: controls, and of what is no ASCII (NBSP, NEL, any more) all. */
function isSpace(code: number): boolean {
  return code <= 0x20 || code >= 0x7f;
}
