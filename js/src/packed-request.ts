import type { Tables } from "./tables.js";
import type { Profile, Request } from "./types.js";

type Index = ReadonlyMap<string, number>;

/** Indices of the names that a request may hold. */
export interface Vocabulary {
  headers: Headers;
  proxies: Index;
  appTypes: Index;
  principalKinds: Index;
  guestTypes: Index;
  transferMethods: Index;
  trustTypes: Index;
  platforms: Index;
  deviceCookies: Index;
  levels: Index;
  insiderLevels: Index;
}

export function vocabulary(tables: Tables): Vocabulary {
  return {
    headers: new Headers(tables.headers),
    proxies: index(tables.proxies),
    appTypes: index(tables.appTypes),
    principalKinds: index(tables.principalKinds),
    guestTypes: index(tables.guestTypes),
    transferMethods: index(tables.transferMethods),
    trustTypes: index(tables.trustTypes),
    platforms: index(tables.platforms),
    deviceCookies: index(tables.deviceCookies),
    levels: index(tables.levels),
    insiderLevels: index(tables.insiderLevels),
  };
}

function index(names: readonly string[]): Index {
  return new Map(names.map((name, place) => [name, place]));
}

/** Spellings of header names that are remembered; clients choose them, so there have to be so many at most. */
const SPELLINGS = 512;

/** Which headers the engine reads, however they are spelled. */
class Headers {
  /** Announces a signature. A signed request crosses as JSON: a signature may cover any header. */
  readonly signed: number;
  readonly #read: Index;
  readonly #seen = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.#read = index(names);
    this.signed = names.indexOf("signature-input");
  }

  /** Index of a header, -1 for one that is not read. */
  find(name: string): number {
    return this.#seen.get(name) ?? this.#learn(name);
  }

  #learn(name: string): number {
    const place = this.#read.get(name.toLowerCase()) ?? -1;
    if (this.#seen.size >= SPELLINGS) this.#seen.clear();
    if (name.length < 64) this.#seen.set(name, place);
    return place;
  }
}

/** What is not known of a size. */
const UNKNOWN = -1;

// The request being written. Module state, because an object for each request costs more than all of the writing.
let names: Vocabulary;
let text = "";
let sizes = new Int32Array();
let numbers = new Float64Array();
let sizeCount = 0;
let numberCount = 0;
let fits = true;
let ascii = true;

/** A request as text and numbers, until the next one is written. */
export const written = { text: "", sizes: 0, numbers: 0 };

/**
 * Writes the members in the order in which `edgeward::packed::request` reads them, and tells whether they fit.
 * `isAscii`: texts are taken to be, so that their length is one in bytes.
 */
export function write(
  request: Request,
  vocabulary: Vocabulary,
  into: { sizes: Int32Array<ArrayBuffer>; numbers: Float64Array<ArrayBuffer> },
  isAscii: boolean,
): boolean {
  names = vocabulary;
  ({ sizes, numbers } = into);
  text = "";
  sizeCount = 0;
  numberCount = 0;
  fits = true;
  ascii = isAscii;
  writeRequest(request);
  written.text = text;
  written.sizes = sizeCount;
  written.numbers = numberCount;
  text = "";
  // Past the end of a buffer nothing was kept, and the count tells.
  return fits && sizeCount <= sizes.length && numberCount <= numbers.length;
}

const NOTHING = {} as Readonly<Record<string, undefined>>;

function writeRequest(request: Request): void {
  number(request.time);
  const http = request.http ?? NOTHING;
  string(http.method);
  string(http.scheme);
  string(http.host);
  string(http.path);
  string(http.version);
  headers(http.headers);
  const client = request.client ?? NOTHING;
  // What few hosts report crosses as JSON.
  if (http.query != null || client.reverseDns != null || request.agentDirectory != null) fits = false;
  string(client.ip);
  number(client.asn);
  string(client.country);
  string(client.city);
  number(client.latitude);
  number(client.longitude);
  name(client.proxy, names.proxies);
  string(client.gpsCountry);
  flag(client.compliantNetwork);
  name(client.appType, names.appTypes);
  const tls = request.tls ?? NOTHING;
  const certificate = tls.clientCert ?? NOTHING;
  string(tls.version);
  string(tls.ja4);
  string(tls.ja3);
  flag(certificate.presented);
  flag(certificate.verified);
  const transport = request.transport ?? NOTHING;
  number(transport.rttMs);
  string(transport.h2Fingerprint);
  strings(transport.headerOrder);
  const bot = request.platformBot ?? NOTHING;
  number(bot.score);
  flag(bot.verified);
  flag(bot.signedAgent);
  const principal = request.principal ?? NOTHING;
  name(principal.kind, names.principalKinds);
  string(principal.id);
  strings(principal.groups);
  strings(principal.roles);
  name(principal.guestType, names.guestTypes);
  string(principal.externalTenant);
  if (principal.customSecurityAttributes != null) fits = false;
  const session = request.session ?? NOTHING;
  const binding = session.binding ?? NOTHING;
  string(session.id);
  number(session.establishedAt);
  number(session.authTime);
  strings(session.amr);
  name(session.transferMethod, names.transferMethods);
  number(binding.asn);
  string(binding.country);
  string(binding.ja4);
  string(binding.agent);
  writeDevice(request.device ?? NOTHING);
  const resource = request.resource ?? NOTHING;
  string(resource.application);
  strings(resource.applicationGroups);
  if (resource.customSecurityAttributes != null) fits = false;
  string(resource.userAction);
  string(resource.authenticationContext);
  const risk = request.risk ?? NOTHING;
  name(risk.signIn, names.levels);
  name(risk.user, names.levels);
  name(risk.servicePrincipal, names.levels);
  name(risk.agent, names.levels);
  name(risk.insider, names.insiderLevels);
  const velocity = request.velocity ?? NOTHING;
  number(velocity.userFailures1h);
  number(velocity.ipUsers1h);
  writeProfile(request.profile);
}

function writeDevice(device: NonNullable<Request["device"]>): void {
  flag(device.isRegistered);
  flag(device.isCompliant);
  name(device.trustType, names.trustTypes);
  name(device.platform, names.platforms);
  string(device.deviceId);
  name(device.cookie, names.deviceCookies);
  // Attributes that only policies with a device filter read cross as JSON.
  const isPlain =
    device.mdmAppId == null &&
    device.displayName == null &&
    device.enrollmentProfileName == null &&
    device.manufacturer == null &&
    device.model == null &&
    device.operatingSystem == null &&
    device.operatingSystemVersion == null &&
    device.deviceOwnership == null &&
    device.profileType == null &&
    device.physicalIds == null &&
    device.systemLabels == null &&
    device.extensionAttributes == null;
  fits &&= isPlain;
}

function writeProfile(profile: Profile | null | undefined): void {
  if (profile == null) {
    numbers[numberCount++] = Number.NaN;
    return;
  }
  if (profile.count == null) fits = false;
  number(profile.count);
  strings(profile.networks);
  numbersOf(profile.asns);
  strings(profile.countries);
  strings(profile.agents);
  strings(profile.tls);
  strings(profile.devices);
  numbersOf(profile.hours);
  number(profile.last?.time);
  if (profile.last == null) return;
  if (profile.last.time == null) fits = false;
  number(profile.last.latitudeE6);
  number(profile.last.longitudeE6);
}

function number(value: number | null | undefined): void {
  if (value == null) numbers[numberCount++] = Number.NaN;
  // JSON writes what is not finite as `null`.
  else if (typeof value === "number") numbers[numberCount++] = Number.isFinite(value) ? value : Number.NaN;
  else fits = false;
}

function flag(value: boolean | null | undefined): void {
  if (value == null) sizes[sizeCount++] = UNKNOWN;
  else if (typeof value === "boolean") sizes[sizeCount++] = value ? 1 : 0;
  else fits = false;
}

/** A name that the engine does not know is unknown. */
function name(value: string | null | undefined, known: Index): void {
  if (value == null) sizes[sizeCount++] = UNKNOWN;
  else if (typeof value === "string") sizes[sizeCount++] = known.get(value) ?? UNKNOWN;
  else fits = false;
}

function string(value: string | null | undefined): void {
  if (value == null) sizes[sizeCount++] = UNKNOWN;
  else known(value);
}

function known(value: string): void {
  if (typeof value !== "string") {
    fits = false;
    return;
  }
  sizes[sizeCount++] = ascii ? value.length : byteLength(value);
  text += value;
}

function strings(values: readonly string[] | null | undefined): void {
  if (values == null) sizes[sizeCount++] = UNKNOWN;
  else if (Array.isArray(values)) {
    sizes[sizeCount++] = values.length;
    for (let place = 0; place < values.length; place += 1) known(values[place] as string);
  } else fits = false;
}

function numbersOf(values: readonly number[] | null | undefined): void {
  if (values == null) sizes[sizeCount++] = UNKNOWN;
  else if (Array.isArray(values)) {
    sizes[sizeCount++] = values.length;
    for (const value of values) {
      if (typeof value !== "number") fits = false;
      numbers[numberCount++] = value;
    }
  } else fits = false;
}

function headers(values: readonly (readonly [string, string])[] | null | undefined): void {
  if (values == null) {
    sizes[sizeCount++] = UNKNOWN;
    return;
  }
  if (!Array.isArray(values)) {
    fits = false;
    return;
  }
  const count = sizeCount++;
  let carried = 0;
  for (let place = 0; place < values.length; place += 1) {
    const pair = values[place] as readonly [string, string];
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string") {
      fits = false;
      return;
    }
    const header = names.headers.find(pair[0]);
    if (header < 0) continue;
    if (header === names.headers.signed) fits = false;
    sizes[sizeCount++] = header;
    known(pair[1]);
    carried += 1;
  }
  sizes[count] = carried;
}

/** Bytes of UTF-8. What is not well-formed is not UTF-8, and does not fit. */
function byteLength(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) fits = false;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
