import type { Tables } from "./tables.js";
import type { Profile, Request } from "./types.js";

/** A size that is not known. */
const UNKNOWN = -1;

/** Indices of names. Most requests say what the one before said, which is cheaper to see than to look up. */
class Index {
  readonly #places: ReadonlyMap<string, number>;
  #last = "";
  #place = UNKNOWN;

  constructor(names: readonly string[]) {
    this.#places = new Map(names.map((name, place) => [name, place]));
  }

  find(name: string): number {
    if (name === this.#last) return this.#place;
    this.#last = name;
    return (this.#place = this.#places.get(name) ?? UNKNOWN);
  }
}

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
    proxies: new Index(tables.proxies),
    appTypes: new Index(tables.appTypes),
    principalKinds: new Index(tables.principalKinds),
    guestTypes: new Index(tables.guestTypes),
    transferMethods: new Index(tables.transferMethods),
    trustTypes: new Index(tables.trustTypes),
    platforms: new Index(tables.platforms),
    deviceCookies: new Index(tables.deviceCookies),
    levels: new Index(tables.levels),
    insiderLevels: new Index(tables.insiderLevels),
  };
}

/** Spellings of header names that are remembered; clients choose them, so there have to be so many at most. */
const SPELLINGS = 512;

/** Which headers the engine reads, however they are spelled. */
class Headers {
  /** Announces a signature. A signed request crosses as JSON: a signature may cover any header. */
  readonly signed: number;
  readonly #read: ReadonlyMap<string, number>;
  readonly #seen = new Map<string, number>();

  constructor(names: readonly string[]) {
    this.#read = new Map(names.map((name, place) => [name, place]));
    this.signed = names.indexOf("signature-input");
  }

  /** Index of a header, {@link UNKNOWN} for one that is not read. */
  find(name: string): number {
    return this.#seen.get(name) ?? this.#learn(name);
  }

  #learn(name: string): number {
    const place = this.#read.get(name.toLowerCase()) ?? UNKNOWN;
    if (this.#seen.size >= SPELLINGS) this.#seen.clear();
    if (name.length < 64) this.#seen.set(name, place);
    return place;
  }
}

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
  if (isGroup(request)) writeRequest(request);
  else fits = false;
  written.text = text;
  written.sizes = sizeCount;
  written.numbers = numberCount;
  text = "";
  // Past the end of a buffer nothing was kept, and the count tells.
  return fits && sizeCount <= sizes.length && numberCount <= numbers.length;
}

// Bits of the leading mask: groups that are known, and written.
const HTTP = 1;
const CLIENT = 1 << 1;
const TLS = 1 << 2;
const CLIENT_CERT = 1 << 3;
const TRANSPORT = 1 << 4;
const PLATFORM_BOT = 1 << 5;
const PRINCIPAL = 1 << 6;
const SESSION = 1 << 7;
const BINDING = 1 << 8;
const DEVICE = 1 << 9;
const RESOURCE = 1 << 10;
const RISK = 1 << 11;
const VELOCITY = 1 << 12;
const PROFILE = 1 << 13;

function writeRequest(request: Request): void {
  const { http, client, tls, transport, platformBot, principal, session, device, resource, risk, velocity, profile } =
    request;
  // A user agent on its own, which `classify` takes as well, crosses as JSON.
  const { ua, headers: ofAgent } = request as { ua?: unknown; headers?: unknown };
  fits = ua === undefined && ofAgent === undefined;
  let groups = 0;
  sizeCount = 1;
  number(request.time);
  if (isGroup(http)) {
    groups |= HTTP;
    rare(http.query);
    string(http.method);
    string(http.scheme);
    string(http.host);
    string(http.path);
    string(http.version);
    headers(http.headers);
  }
  if (isGroup(client)) {
    groups |= CLIENT;
    writeClient(client);
  }
  if (isGroup(tls)) {
    groups |= TLS;
    string(tls.version);
    string(tls.ja4);
    string(tls.ja3);
    const certificate = tls.clientCert;
    if (isGroup(certificate)) {
      groups |= CLIENT_CERT;
      flag(certificate.presented);
      flag(certificate.verified);
    }
  }
  if (isGroup(transport)) {
    groups |= TRANSPORT;
    number(transport.rttMs);
    string(transport.h2Fingerprint);
    strings(transport.headerOrder);
  }
  if (isGroup(platformBot)) {
    groups |= PLATFORM_BOT;
    number(platformBot.score);
    flag(platformBot.verified);
    flag(platformBot.signedAgent);
  }
  if (isGroup(principal)) {
    groups |= PRINCIPAL;
    rare(principal.customSecurityAttributes);
    name(principal.kind, names.principalKinds);
    string(principal.id);
    strings(principal.groups);
    strings(principal.roles);
    name(principal.guestType, names.guestTypes);
    string(principal.externalTenant);
  }
  if (isGroup(session)) {
    groups |= SESSION | writeSession(session);
  }
  if (isGroup(device)) {
    groups |= DEVICE;
    writeDevice(device);
  }
  if (isGroup(resource)) {
    groups |= RESOURCE;
    rare(resource.customSecurityAttributes);
    string(resource.application);
    strings(resource.applicationGroups);
    string(resource.userAction);
    string(resource.authenticationContext);
  }
  if (isGroup(risk)) {
    groups |= RISK;
    name(risk.signIn, names.levels);
    name(risk.user, names.levels);
    name(risk.servicePrincipal, names.levels);
    name(risk.agent, names.levels);
    name(risk.insider, names.insiderLevels);
  }
  if (isGroup(velocity)) {
    groups |= VELOCITY;
    number(velocity.userFailures1h);
    number(velocity.ipUsers1h);
  }
  if (isGroup(profile)) {
    groups |= PROFILE;
    writeProfile(profile);
  }
  rare(request.agentDirectory);
  sizes[0] = groups;
}

/** What is neither an object nor unknown does not fit. */
function isGroup<T>(value: T | null | undefined): value is T {
  if (value == null) return false;
  if (typeof value === "object" && !Array.isArray(value)) return true;
  fits = false;
  return false;
}

/** What few hosts report crosses as JSON. */
function rare(value: unknown): void {
  if (value != null) fits = false;
}

function writeClient(client: NonNullable<Request["client"]>): void {
  rare(client.reverseDns);
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
}

/** Tells whether there was a binding. */
function writeSession(session: NonNullable<Request["session"]>): number {
  string(session.id);
  number(session.establishedAt);
  number(session.authTime);
  strings(session.amr);
  name(session.transferMethod, names.transferMethods);
  const { binding } = session;
  if (!isGroup(binding)) return 0;
  number(binding.asn);
  string(binding.country);
  string(binding.ja4);
  string(binding.agent);
  return BINDING;
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

function writeProfile(profile: Profile): void {
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
  else if (typeof value === "string") sizes[sizeCount++] = known.find(value);
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
