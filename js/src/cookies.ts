/** A longer `Cookie` is not read: characters. */
const HEADER_LIMIT = 16_384;

/** Where one cookie stands in its header. */
interface Found {
  value: string;
  /** Of the pair, with the space before it and the separator behind it. */
  start: number;
  end: number;
}

/** First value of a cookie. */
export function cookie(header: string | undefined, name: string): string | undefined {
  return find(header ?? "", name, 0)?.value;
}

/** Every value of a cookie, `limit` at most; `undefined` if there are more, or the header is too long to be read. */
export function cookies(header: string | undefined, name: string, limit: number): string[] | undefined {
  const values: string[] = [];
  if (header === undefined) return values;
  if (header.length > HEADER_LIMIT) return undefined;
  for (let at = 0; ; ) {
    const found = find(header, name, at);
    if (found === undefined) return values;
    if (values.length === limit) return undefined;
    values.push(found.value);
    at = found.end;
  }
}

/** A header without the cookies of a name whose value is not to be kept; `undefined` if nothing is left of it. */
export function withoutCookies(header: string, name: string, keep: readonly string[]): string | undefined {
  if (header.length > HEADER_LIMIT) return undefined;
  let [left, from] = ["", 0];
  for (let at = 0; ; ) {
    const found = find(header, name, at);
    if (found === undefined) break;
    at = found.end;
    if (keep.includes(found.value)) continue;
    left += header.slice(from, found.start);
    from = found.end;
  }
  left = `${left}${header.slice(from)}`.trim();
  if (/[;,]$/.test(left)) left = left.slice(0, -1).trimEnd();
  return left === "" ? undefined : left;
}

/**
 * The next cookie of a name. Found by its name and not by cutting the header up, which costs a hostile one's length
 * in pieces. A comma separates as well: some hosts join repeated headers with it, and who reads them behind us will.
 */
function find(header: string, name: string, from: number): Found | undefined {
  if (header.length > HEADER_LIMIT) return undefined;
  for (let start = header.indexOf(name, from); start >= 0; start = header.indexOf(name, start + name.length)) {
    let before = start - 1;
    while (before >= from && isSpace(header, before)) before -= 1;
    if (before >= from && !isSeparator(header, before)) continue;
    let equals = start + name.length;
    while (equals < header.length && isSpace(header, equals)) equals += 1;
    if (header[equals] !== "=") continue;
    let stop = equals + 1;
    while (stop < header.length && !isSeparator(header, stop)) stop += 1;
    return { value: header.slice(equals + 1, stop).trim(), start: before + 1, end: Math.min(stop + 1, header.length) };
  }
  return undefined;
}

function isSeparator(text: string, at: number): boolean {
  return text[at] === ";" || text[at] === ",";
}

function isSpace(text: string, at: number): boolean {
  return text[at] === " " || text[at] === "\t";
}
