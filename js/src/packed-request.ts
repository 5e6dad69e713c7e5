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
// writes several values keeps its place in variables of its own: reading and storing these every time is what costs. Texts
// are handed back and joined group by group: a string to which one piece after the other is added costs half as much again.
let names: Vocabulary;
let sizes = new Int32Array();
let numbers = new Float64Array();
let sizeCount = 0;
let numberCount = 0;
let groups = 0;
let fits = true;

/** A request as text and numbers, until the next one is written. */
export const written = { text: "", sizes: 0, numbers: 0 };

/** Writes the members in the order in which `edgeward::packed::request` reads them, and tells whether they fit. */
export function write(
  request: Request,
  vocabulary: Vocabulary,
  into: { sizes: Int32Array<ArrayBuffer>; numbers: Float64Array<ArrayBuffer> },
): boolean {
  names = vocabulary;
  ({ sizes, numbers } = into);
  sizeCount = 2;
  numberCount = 0;
  groups = 0;
  fits = isGroup(request);
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

function writeRequest(request: Request): string {
  const { http, client, tls, transport, platformBot, principal, session, device, resource, risk, velocity, profile } =
    request;
  // A user agent on its own, which `classify` takes as well, crosses as JSON.
  const { ua, headers: ofAgent } = request as { ua?: unknown; headers?: unknown };
  if (ua !== undefined || ofAgent !== undefined) fits = false;
  numbers[numberCount++] = number(request.time);
  const ofHttp = isGroup(http) ? writeHttp(http) : "";
  const ofClient = isGroup(client) ? writeClient(client) : "";
  const ofTls = isGroup(tls) ? writeTls(tls) : "";
  const ofTransport = isGroup(transport) ? writeTransport(transport) : "";
  if (isGroup(platformBot)) writePlatformBot(platformBot);
  const ofPrincipal = isGroup(principal) ? writePrincipal(principal) : "";
  const ofSession = isGroup(session) ? writeSession(session) : "";
  const ofDevice = isGroup(device) ? writeDevice(device) : "";
  const ofResource = isGroup(resource) ? writeResource(resource) : "";
  if (isGroup(risk)) writeRisk(risk);
  if (isGroup(velocity)) {
    groups |= VELOCITY;
    numbers[numberCount++] = number(velocity.userFailures1h);
    numbers[numberCount++] = number(velocity.ipUsers1h);
  }
  const ofProfile = isGroup(profile) ? writeProfile(profile) : "";
  rare(request.agentDirectory);
  return ofHttp + ofClient + ofTls + ofTransport + ofPrincipal + ofSession + ofDevice + ofResource + ofProfile;
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

/** A text that no decision reads does not cross, but has to be one. */
function unread(value: string | null | undefined): void {
  if (typeof value !== "string") nothing(value);
}

function writeHttp(http: NonNullable<Request["http"]>): string {
  const { method, scheme, host, path } = http;
  const into = sizes;
  const at = sizeCount;
  groups |= HTTP;
  rare(http.query);
  unread(http.version);
  into[at] = size(method);
  into[at + 1] = size(scheme);
  into[at + 2] = size(host);
  into[at + 3] = size(path);
  sizeCount = at + 4;
  return known(method) + known(scheme) + known(host) + known(path) + writeHeaders(http.headers);
}

function writeHeaders(headers: readonly (readonly [string, string])[] | null | undefined): string {
  if (!isList(headers)) return "";
  const known = names.headers;
  const into = sizes;
  const count = sizeCount;
  let at = count + 1;
  let joined = "";
  for (let place = 0; place < headers.length; place += 1) {
    const pair = headers[place] as readonly [string, string];
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string") {
      fits = false;
      return "";
    }
    const header = known.find(pair[0]);
    if (header < 0) continue;
    if (header === known.signed) fits = false;
    into[at] = header;
    into[at + 1] = pair[1].length;
    at += 2;
    joined += pair[1];
  }
  into[count] = (at - count) >> 1;
  sizeCount = at;
  return joined;
}

function writeClient(client: NonNullable<Request["client"]>): string {
  const { ip, country, city, gpsCountry } = client;
  const { proxies, appTypes } = names;
  const into = sizes;
  const at = sizeCount;
  groups |= CLIENT;
  rare(client.reverseDns);
  into[at] = size(ip);
  into[at + 1] = size(country);
  into[at + 2] = size(city);
  into[at + 3] = name(client.proxy, proxies);
  into[at + 4] = size(gpsCountry);
  into[at + 5] = flag(client.compliantNetwork);
  into[at + 6] = name(client.appType, appTypes);
  sizeCount = at + 7;
  const numbersAt = numberCount;
  numbers[numbersAt] = number(client.asn);
  numbers[numbersAt + 1] = number(client.latitude);
  numbers[numbersAt + 2] = number(client.longitude);
  numberCount = numbersAt + 3;
  return known(ip) + known(country) + known(city) + known(gpsCountry);
}

function writeTls(tls: NonNullable<Request["tls"]>): string {
  const { ja4, ja3, clientCert } = tls;
  const into = sizes;
  const at = sizeCount;
  groups |= TLS;
  unread(tls.version);
  into[at] = size(ja4);
  into[at + 1] = size(ja3);
  sizeCount = at + 2;
  if (isGroup(clientCert)) {
    groups |= CLIENT_CERT;
    into[at + 2] = flag(clientCert.presented);
    into[at + 3] = flag(clientCert.verified);
    sizeCount = at + 4;
  }
  return known(ja4) + known(ja3);
}

function writeTransport(transport: NonNullable<Request["transport"]>): string {
  groups |= TRANSPORT;
  unread(transport.h2Fingerprint);
  numbers[numberCount++] = number(transport.rttMs);
  numbers[numberCount++] = number(transport.edgeLatitude);
  numbers[numberCount++] = number(transport.edgeLongitude);
  return writeTexts(transport.headerOrder);
}

function writePlatformBot(platformBot: NonNullable<Request["platformBot"]>): void {
  groups |= PLATFORM_BOT;
  numbers[numberCount++] = number(platformBot.score);
  sizes[sizeCount++] = flag(platformBot.verified);
  sizes[sizeCount++] = flag(platformBot.signedAgent);
}

function writePrincipal(principal: NonNullable<Request["principal"]>): string {
  const { id, externalTenant } = principal;
  const { principalKinds, guestTypes } = names;
  const into = sizes;
  const at = sizeCount;
  groups |= PRINCIPAL;
  rare(principal.customSecurityAttributes);
  into[at] = name(principal.kind, principalKinds);
  into[at + 1] = size(id);
  into[at + 2] = name(principal.guestType, guestTypes);
  into[at + 3] = size(externalTenant);
  sizeCount = at + 4;
  const lists = writeTexts(principal.groups) + writeTexts(principal.roles);
  return known(id) + known(externalTenant) + lists;
}

function writeSession(session: NonNullable<Request["session"]>): string {
  const { id, binding } = session;
  const into = sizes;
  const at = sizeCount;
  groups |= SESSION;
  into[at] = size(id);
  into[at + 1] = name(session.transferMethod, names.transferMethods);
  into[at + 2] = flag(session.keyProved);
  sizeCount = at + 3;
  numbers[numberCount++] = number(session.establishedAt);
  numbers[numberCount++] = number(session.authTime);
  const joined = known(id) + writeTexts(session.amr);
  return isGroup(binding) ? joined + writeBinding(binding) : joined;
}

function writeBinding(binding: NonNullable<NonNullable<Request["session"]>["binding"]>): string {
  const { country, ja4, agent } = binding;
  const into = sizes;
  const at = sizeCount;
  groups |= BINDING;
  numbers[numberCount++] = number(binding.asn);
  into[at] = size(country);
  into[at + 1] = size(ja4);
  into[at + 2] = size(agent);
  sizeCount = at + 3;
  return known(country) + known(ja4) + known(agent);
}

function writeDevice(device: NonNullable<Request["device"]>): string {
  const { deviceId } = device;
  const { trustTypes, platforms, deviceCookies } = names;
  const into = sizes;
  const at = sizeCount;
  groups |= DEVICE;
  into[at] = flag(device.isRegistered);
  into[at + 1] = flag(device.isCompliant);
  into[at + 2] = name(device.trustType, trustTypes);
  into[at + 3] = name(device.platform, platforms);
  into[at + 4] = size(deviceId);
  into[at + 5] = name(device.cookie, deviceCookies);
  sizeCount = at + 6;
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
  return known(deviceId);
}

function writeResource(resource: NonNullable<Request["resource"]>): string {
  const { application, userAction, authenticationContext } = resource;
  const into = sizes;
  const at = sizeCount;
  groups |= RESOURCE;
  rare(resource.customSecurityAttributes);
  into[at] = size(application);
  into[at + 1] = size(userAction);
  into[at + 2] = size(authenticationContext);
  sizeCount = at + 3;
  const joined = known(application) + known(userAction) + known(authenticationContext);
  return joined + writeTexts(resource.applicationGroups);
}

function writeRisk(risk: NonNullable<Request["risk"]>): void {
  const { levels, insiderLevels } = names;
  const into = sizes;
  const at = sizeCount;
  groups |= RISK;
  into[at] = name(risk.signIn, levels);
  into[at + 1] = name(risk.user, levels);
  into[at + 2] = name(risk.servicePrincipal, levels);
  into[at + 3] = name(risk.agent, levels);
  into[at + 4] = name(risk.insider, insiderLevels);
  sizeCount = at + 5;
}

function writeProfile(profile: Profile): string {
  groups |= PROFILE;
  if (profile.count == null) fits = false;
  numbers[numberCount++] = number(profile.count);
  const networks = writeTexts(profile.networks);
  writeNumbers(profile.asns);
  const countries = writeTexts(profile.countries);
  const cities = writeTexts(profile.cities);
  const agents = writeTexts(profile.agents);
  const systems = writeTexts(profile.systems);
  const tls = writeTexts(profile.tls);
  const devices = writeTexts(profile.devices);
  writeNumbers(profile.hours);
  const { last, counts } = profile;
  numbers[numberCount++] = number(last?.time);
  if (last != null) {
    if (last.time == null) fits = false;
    numbers[numberCount++] = number(last.latitudeE6);
    numbers[numberCount++] = number(last.longitudeE6);
  }
  if (isGroup(counts)) writeCounts(counts);
  return networks + countries + cities + agents + systems + tls + devices;
}

function writeCounts(counts: NonNullable<Profile["counts"]>): void {
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

// These run for every member. V8 puts functions so small in their place wherever they are called; what rarely happens
// is apart for that reason.

function number(value: number | null | undefined): number {
  // Infinity does not fit, and crosses as JSON does: as `null`.
  return typeof value === "number" ? value : noNumber(value);
}

function flag(value: boolean | null | undefined): number {
  return value === true ? 1 : value === false ? 0 : nothing(value);
}

/** A name that the engine does not know is unknown. */
function name(value: string | null | undefined, known: Index): number {
  return typeof value === "string" ? known.find(value) : nothing(value);
}

/** Length of a text. */
function size(value: string | null | undefined): number {
  return typeof value === "string" ? value.length : nothing(value);
}

/** A text, as it is joined to the others. */
function known(value: string | null | undefined): string {
  return typeof value === "string" ? value : "";
}

/** What is neither of its kind nor unknown does not fit. */
function nothing(value: unknown): number {
  if (value != null) fits = false;
  return UNKNOWN;
}

function noNumber(value: unknown): number {
  if (value != null) fits = false;
  return Number.NaN;
}

/** Whether there is a list to write; what is neither that nor unknown does not fit. */
function isList<T>(values: readonly T[] | null | undefined): values is readonly T[] {
  if (Array.isArray(values)) return true;
  sizes[sizeCount++] = nothing(values);
  return false;
}

function writeTexts(values: readonly string[] | null | undefined): string {
  if (!isList(values)) return "";
  const into = sizes;
  let at = sizeCount;
  let joined = "";
  into[at++] = values.length;
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] as string;
    if (typeof value !== "string") {
      fits = false;
      return "";
    }
    into[at++] = value.length;
    joined += value;
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
