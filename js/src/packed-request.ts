import type { Tables } from "./tables.js";
import type { Profile, Request } from "./types.js";

/** A size that is not known. */
const UNKNOWN = -1;
/** One of what is neither of its kind nor unknown. The module takes none, and so it crosses as JSON, which tells what is wrong. */
const MISFIT = -2;

/** Indices of names. Most requests say what the one before said, which is cheaper to see than to look up. */
class Index {
  readonly #places: ReadonlyMap<string, number>;
  #last = "";
  #place = UNKNOWN;

  constructor(names: readonly string[]) {
    this.#places = new Map(names.map((name, place) => [name, place]));
  }

  /** Index of a name; one that the engine does not know is unknown. */
  find(name: string): number {
    return name === this.#last ? this.#place : this.#look(name);
  }

  #look(name: string): number {
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

// The request being written. Module state, because an object for each request costs more than all of the writing. What
// writes several values keeps its place in variables of its own: reading and storing these every time is what costs.
let names: Vocabulary;
let sizes = new Int32Array();
let numbers = new Float64Array();
let sizeCount = 0;
let numberCount = 0;
let groups = 0;
let fits = true;

/** A request as text and numbers, until the next one is written. */
export const written = { text: "", sizes: 0, numbers: 0 };

/** Writes a request, and tells whether it fits. */
export function write(
  request: Request,
  vocabulary: Vocabulary,
  into: { sizes: Int32Array<ArrayBuffer>; numbers: Float64Array<ArrayBuffer> },
): boolean {
  names = vocabulary;
  ({ sizes, numbers } = into);
  groups = 0;
  fits = isObject(request);
  const text = fits ? writeRequest(request) : "";
  sizes[0] = groups;
  sizes[1] = text.length;
  written.text = text;
  written.sizes = sizeCount;
  written.numbers = numberCount;
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
const COUNTS = 1 << 14;

/**
 * Writes the members in the order in which `edgeward::packed::request` reads them: of texts where they end. It is one
 * function, which asks on the spot of what kind a member is, because V8 puts only so many calls in their place: one for
 * each group and member costs as much again as the writing.
 */
function writeRequest(request: Request): string {
  const { time, http, client, tls, transport, platformBot, principal, session, device, resource, risk, velocity } = request;
  const into = sizes;
  const floats = numbers;
  let known = 0;
  let text = "";
  let at = 2;
  let floatAt = 1;
  floats[0] = number(time);
  if (http != null) {
    checkGroup(http);
    known |= HTTP;
    const { method, scheme, host, path } = http;
    into[at] = typeof method === "string" ? (text += method).length : method == null ? UNKNOWN : MISFIT;
    into[at + 1] = typeof scheme === "string" ? (text += scheme).length : scheme == null ? UNKNOWN : MISFIT;
    into[at + 2] = typeof host === "string" ? (text += host).length : host == null ? UNKNOWN : MISFIT;
    into[at + 3] = typeof path === "string" ? (text += path).length : path == null ? UNKNOWN : MISFIT;
    rare(http.query);
    unread(http.version);
    sizeCount = at + 4;
    text = writeHeaders(text, http.headers);
    at = sizeCount;
  }
  if (client != null) {
    checkGroup(client);
    known |= CLIENT;
    const { ip, country, city, proxy, gpsCountry, compliantNetwork, appType } = client;
    into[at] = typeof ip === "string" ? (text += ip).length : ip == null ? UNKNOWN : MISFIT;
    into[at + 1] = typeof country === "string" ? (text += country).length : country == null ? UNKNOWN : MISFIT;
    into[at + 2] = typeof city === "string" ? (text += city).length : city == null ? UNKNOWN : MISFIT;
    into[at + 3] = typeof proxy === "string" ? names.proxies.find(proxy) : proxy == null ? UNKNOWN : MISFIT;
    into[at + 4] = typeof gpsCountry === "string" ? (text += gpsCountry).length : gpsCountry == null ? UNKNOWN : MISFIT;
    into[at + 5] = flag(compliantNetwork);
    into[at + 6] = typeof appType === "string" ? names.appTypes.find(appType) : appType == null ? UNKNOWN : MISFIT;
    rare(client.reverseDns);
    at += 7;
    floats[floatAt] = number(client.asn);
    floats[floatAt + 1] = number(client.latitude);
    floats[floatAt + 2] = number(client.longitude);
    floatAt += 3;
  }
  if (tls != null) {
    checkGroup(tls);
    known |= TLS;
    const { ja4, ja3, clientCert } = tls;
    into[at] = typeof ja4 === "string" ? (text += ja4).length : ja4 == null ? UNKNOWN : MISFIT;
    into[at + 1] = typeof ja3 === "string" ? (text += ja3).length : ja3 == null ? UNKNOWN : MISFIT;
    unread(tls.version);
    at += 2;
    if (clientCert != null) {
      checkGroup(clientCert);
      known |= CLIENT_CERT;
      into[at] = flag(clientCert.presented);
      into[at + 1] = flag(clientCert.verified);
      at += 2;
    }
  }
  if (transport != null) {
    checkGroup(transport);
    known |= TRANSPORT;
    unread(transport.h2Fingerprint);
    floats[floatAt] = number(transport.rttMs);
    floats[floatAt + 1] = number(transport.edgeLatitude);
    floats[floatAt + 2] = number(transport.edgeLongitude);
    floatAt += 3;
    sizeCount = at;
    text = writeTexts(text, transport.headerOrder);
    at = sizeCount;
  }
  if (platformBot != null) {
    checkGroup(platformBot);
    known |= PLATFORM_BOT;
    floats[floatAt] = number(platformBot.score);
    floatAt += 1;
    into[at] = flag(platformBot.verified);
    into[at + 1] = flag(platformBot.signedAgent);
    at += 2;
  }
  if (principal != null) {
    checkGroup(principal);
    known |= PRINCIPAL;
    const { kind, id, guestType, externalTenant } = principal;
    into[at] = typeof kind === "string" ? names.principalKinds.find(kind) : kind == null ? UNKNOWN : MISFIT;
    into[at + 1] = typeof id === "string" ? (text += id).length : id == null ? UNKNOWN : MISFIT;
    into[at + 2] = typeof guestType === "string" ? names.guestTypes.find(guestType) : guestType == null ? UNKNOWN : MISFIT;
    into[at + 3] = typeof externalTenant === "string" ? (text += externalTenant).length : externalTenant == null ? UNKNOWN : MISFIT;
    rare(principal.customSecurityAttributes);
    sizeCount = at + 4;
    text = writeTexts(writeTexts(text, principal.groups), principal.roles);
    at = sizeCount;
  }
  if (session != null) {
    checkGroup(session);
    known |= SESSION;
    const { id, transferMethod, keyProved, binding } = session;
    into[at] = typeof id === "string" ? (text += id).length : id == null ? UNKNOWN : MISFIT;
    into[at + 1] = typeof transferMethod === "string" ? names.transferMethods.find(transferMethod) : transferMethod == null ? UNKNOWN : MISFIT;
    into[at + 2] = flag(keyProved);
    floats[floatAt] = number(session.establishedAt);
    floats[floatAt + 1] = number(session.authTime);
    floatAt += 2;
    sizeCount = at + 3;
    text = writeTexts(text, session.amr);
    at = sizeCount;
    if (binding != null) {
      checkGroup(binding);
      known |= BINDING;
      const { country, ja4, agent } = binding;
      floats[floatAt] = number(binding.asn);
      floatAt += 1;
      into[at] = typeof country === "string" ? (text += country).length : country == null ? UNKNOWN : MISFIT;
      into[at + 1] = typeof ja4 === "string" ? (text += ja4).length : ja4 == null ? UNKNOWN : MISFIT;
      into[at + 2] = typeof agent === "string" ? (text += agent).length : agent == null ? UNKNOWN : MISFIT;
      at += 3;
    }
  }
  if (device != null) {
    checkGroup(device);
    known |= DEVICE;
    const { trustType, platform, deviceId, cookie } = device;
    into[at] = flag(device.isRegistered);
    into[at + 1] = flag(device.isCompliant);
    into[at + 2] = typeof trustType === "string" ? names.trustTypes.find(trustType) : trustType == null ? UNKNOWN : MISFIT;
    into[at + 3] = typeof platform === "string" ? names.platforms.find(platform) : platform == null ? UNKNOWN : MISFIT;
    into[at + 4] = typeof deviceId === "string" ? (text += deviceId).length : deviceId == null ? UNKNOWN : MISFIT;
    into[at + 5] = typeof cookie === "string" ? names.deviceCookies.find(cookie) : cookie == null ? UNKNOWN : MISFIT;
    at += 6;
    checkDevice(device);
  }
  if (resource != null) {
    checkGroup(resource);
    known |= RESOURCE;
    const { application, userAction, authenticationContext } = resource;
    into[at] = typeof application === "string" ? (text += application).length : application == null ? UNKNOWN : MISFIT;
    into[at + 1] = typeof userAction === "string" ? (text += userAction).length : userAction == null ? UNKNOWN : MISFIT;
    into[at + 2] =
      typeof authenticationContext === "string" ? (text += authenticationContext).length : authenticationContext == null ? UNKNOWN : MISFIT;
    rare(resource.customSecurityAttributes);
    sizeCount = at + 3;
    text = writeTexts(text, resource.applicationGroups);
    at = sizeCount;
  }
  if (risk != null) {
    checkGroup(risk);
    known |= RISK;
    const { signIn, user, servicePrincipal, agent, insider } = risk;
    const { levels, insiderLevels } = names;
    into[at] = typeof signIn === "string" ? levels.find(signIn) : signIn == null ? UNKNOWN : MISFIT;
    into[at + 1] = typeof user === "string" ? levels.find(user) : user == null ? UNKNOWN : MISFIT;
    into[at + 2] = typeof servicePrincipal === "string" ? levels.find(servicePrincipal) : servicePrincipal == null ? UNKNOWN : MISFIT;
    into[at + 3] = typeof agent === "string" ? levels.find(agent) : agent == null ? UNKNOWN : MISFIT;
    into[at + 4] = typeof insider === "string" ? insiderLevels.find(insider) : insider == null ? UNKNOWN : MISFIT;
    at += 5;
  }
  if (velocity != null) {
    checkGroup(velocity);
    known |= VELOCITY;
    floats[floatAt] = number(velocity.userFailures1h);
    floats[floatAt + 1] = number(velocity.ipUsers1h);
    floatAt += 2;
  }
  groups = known;
  sizeCount = at;
  numberCount = floatAt;
  return writeRest(text, request);
}

/** What few requests have. */
function writeRest(text: string, request: Request): string {
  // A user agent on its own, which `classify` takes as well, crosses as JSON.
  const { ua, headers } = request as { ua?: unknown; headers?: unknown };
  if (ua !== undefined || headers !== undefined) fits = false;
  rare(request.agentDirectory);
  return request.profile == null ? text : writeProfile(text, request.profile);
}

function writeHeaders(text: string, headers: readonly (readonly [string, string])[] | null | undefined): string {
  if (!isList(headers)) return text;
  const known = names.headers;
  const into = sizes;
  const count = sizeCount;
  let at = count + 1;
  let joined = text;
  for (let place = 0; place < headers.length; place += 1) {
    const pair = headers[place] as readonly [string, string];
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string") {
      fits = false;
      return joined;
    }
    const header = known.find(pair[0]);
    if (header < 0) continue;
    if (header === known.signed) fits = false;
    into[at] = header;
    into[at + 1] = (joined += pair[1]).length;
    at += 2;
  }
  into[count] = (at - count) >> 1;
  sizeCount = at;
  return joined;
}

/** Attributes that only policies with a device filter read cross as JSON. */
function checkDevice(device: NonNullable<Request["device"]>): void {
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

function writeProfile(text: string, profile: Profile): string {
  checkGroup(profile);
  groups |= PROFILE;
  if (profile.count == null) fits = false;
  numbers[numberCount++] = number(profile.count);
  let joined = writeTexts(text, profile.networks);
  writeNumbers(profile.asns);
  joined = writeTexts(joined, profile.countries);
  joined = writeTexts(joined, profile.cities);
  joined = writeTexts(joined, profile.agents);
  joined = writeTexts(joined, profile.systems);
  joined = writeTexts(joined, profile.tls);
  joined = writeTexts(joined, profile.devices);
  writeNumbers(profile.hours);
  const { last, counts } = profile;
  numbers[numberCount++] = number(last?.time);
  if (last != null) {
    if (last.time == null) fits = false;
    numbers[numberCount++] = number(last.latitudeE6);
    numbers[numberCount++] = number(last.longitudeE6);
  }
  if (counts != null) writeCounts(counts);
  return joined;
}

function writeCounts(counts: NonNullable<Profile["counts"]>): void {
  checkGroup(counts);
  groups |= COUNTS;
  writeNumbers(counts.networks);
  writeNumbers(counts.asns);
  writeNumbers(counts.countries);
  writeNumbers(counts.cities);
  writeNumbers(counts.agents);
  writeNumbers(counts.systems);
  writeNumbers(counts.tls);
  writeNumbers(counts.devices);
}

// What is neither of its kind nor unknown does not fit.

function checkGroup(value: unknown): void {
  if (!isObject(value)) fits = false;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What few hosts report crosses as JSON. */
function rare(value: unknown): void {
  if (value != null) fits = false;
}

/** A text that no decision reads does not cross, but has to be one. */
function unread(value: string | null | undefined): void {
  if (typeof value !== "string") nothing(value);
}

function number(value: number | null | undefined): number {
  // Infinity does not fit, and crosses as JSON does: as `null`.
  return typeof value === "number" ? value : value == null ? Number.NaN : Number.POSITIVE_INFINITY;
}

function flag(value: boolean | null | undefined): number {
  return value === true ? 1 : value === false ? 0 : value == null ? UNKNOWN : MISFIT;
}

function nothing(value: unknown): number {
  if (value != null) fits = false;
  return UNKNOWN;
}

/** Whether there is a list to write. */
function isList<T>(values: readonly T[] | null | undefined): values is readonly T[] {
  if (Array.isArray(values)) return true;
  sizes[sizeCount++] = nothing(values);
  return false;
}

function writeTexts(text: string, values: readonly string[] | null | undefined): string {
  if (!isList(values)) return text;
  const into = sizes;
  let at = sizeCount;
  let joined = text;
  into[at++] = values.length;
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] as string;
    if (typeof value !== "string") {
      fits = false;
      return joined;
    }
    into[at++] = (joined += value).length;
  }
  sizeCount = at;
  return joined;
}

function writeNumbers(values: readonly number[] | null | undefined): void {
  if (!isList(values)) return;
  sizes[sizeCount++] = values.length;
  for (const value of values) {
    if (typeof value !== "number") fits = false;
    numbers[numberCount++] = value;
  }
}
