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
// writes several values keeps its place in variables of its own: reading and storing these every time is what costs.
let names: Vocabulary;
let text = "";
let sizes = new Int32Array();
let numbers = new Float64Array();
let sizeCount = 0;
let numberCount = 0;
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
  text = "";
  sizeCount = 0;
  numberCount = 0;
  fits = true;
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
const COUNTS = 1 << 14;

function writeRequest(request: Request): void {
  const { http, client, tls, transport, platformBot, principal, session, device, resource, risk, velocity, profile } =
    request;
  // A user agent on its own, which `classify` takes as well, crosses as JSON.
  const { ua, headers: ofAgent } = request as { ua?: unknown; headers?: unknown };
  fits = ua === undefined && ofAgent === undefined;
  let groups = 0;
  sizeCount = 2;
  numbers[numberCount++] = number(request.time);
  if (isGroup(http)) {
    groups |= HTTP;
    writeHttp(http);
  }
  if (isGroup(client)) {
    groups |= CLIENT;
    writeClient(client);
  }
  if (isGroup(tls)) groups |= TLS | writeTls(tls);
  if (isGroup(transport)) {
    groups |= TRANSPORT;
    writeTransport(transport);
  }
  if (isGroup(platformBot)) {
    groups |= PLATFORM_BOT;
    writePlatformBot(platformBot);
  }
  if (isGroup(principal)) {
    groups |= PRINCIPAL;
    writePrincipal(principal);
  }
  if (isGroup(session)) groups |= SESSION | writeSession(session);
  if (isGroup(device)) {
    groups |= DEVICE;
    writeDevice(device);
  }
  if (isGroup(resource)) {
    groups |= RESOURCE;
    writeResource(resource);
  }
  if (isGroup(risk)) {
    groups |= RISK;
    writeRisk(risk);
  }
  if (isGroup(velocity)) {
    groups |= VELOCITY;
    numbers[numberCount++] = number(velocity.userFailures1h);
    numbers[numberCount++] = number(velocity.ipUsers1h);
  }
  if (isGroup(profile)) {
    groups |= PROFILE | writeProfile(profile);
  }
  rare(request.agentDirectory);
  sizes[0] = groups;
  sizes[1] = text.length;
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

function writeHttp(http: NonNullable<Request["http"]>): void {
  const { method, scheme, host, path, version } = http;
  const into = sizes;
  const at = sizeCount;
  rare(http.query);
  into[at] = size(method);
  into[at + 1] = size(scheme);
  into[at + 2] = size(host);
  into[at + 3] = size(path);
  into[at + 4] = size(version);
  sizeCount = at + 5;
  text += known(method) + known(scheme) + known(host) + known(path) + known(version);
  writeHeaders(http.headers);
}

function writeHeaders(headers: readonly (readonly [string, string])[] | null | undefined): void {
  if (!isList(headers)) return;
  const known = names.headers;
  const into = sizes;
  const count = sizeCount;
  let at = count + 1;
  let joined = text;
  for (let place = 0; place < headers.length; place += 1) {
    const pair = headers[place] as readonly [string, string];
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string") {
      fits = false;
      return;
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
  text = joined;
}

function writeClient(client: NonNullable<Request["client"]>): void {
  const { ip, country, city, gpsCountry } = client;
  const { proxies, appTypes } = names;
  const into = sizes;
  const at = sizeCount;
  rare(client.reverseDns);
  into[at] = size(ip);
  into[at + 1] = size(country);
  into[at + 2] = size(city);
  into[at + 3] = name(client.proxy, proxies);
  into[at + 4] = size(gpsCountry);
  into[at + 5] = flag(client.compliantNetwork);
  into[at + 6] = name(client.appType, appTypes);
  sizeCount = at + 7;
  text += known(ip) + known(country) + known(city) + known(gpsCountry);
  const numbersAt = numberCount;
  numbers[numbersAt] = number(client.asn);
  numbers[numbersAt + 1] = number(client.latitude);
  numbers[numbersAt + 2] = number(client.longitude);
  numberCount = numbersAt + 3;
}

/** Tells whether there was a certificate. */
function writeTls(tls: NonNullable<Request["tls"]>): number {
  const { version, ja4, ja3, clientCert } = tls;
  const into = sizes;
  const at = sizeCount;
  into[at] = size(version);
  into[at + 1] = size(ja4);
  into[at + 2] = size(ja3);
  sizeCount = at + 3;
  text += known(version) + known(ja4) + known(ja3);
  if (!isGroup(clientCert)) return 0;
  into[at + 3] = flag(clientCert.presented);
  into[at + 4] = flag(clientCert.verified);
  sizeCount = at + 5;
  return CLIENT_CERT;
}

function writeTransport(transport: NonNullable<Request["transport"]>): void {
  const { h2Fingerprint } = transport;
  numbers[numberCount++] = number(transport.rttMs);
  sizes[sizeCount++] = size(h2Fingerprint);
  text += known(h2Fingerprint);
  writeTexts(transport.headerOrder);
}

function writePlatformBot(platformBot: NonNullable<Request["platformBot"]>): void {
  numbers[numberCount++] = number(platformBot.score);
  sizes[sizeCount++] = flag(platformBot.verified);
  sizes[sizeCount++] = flag(platformBot.signedAgent);
}

function writePrincipal(principal: NonNullable<Request["principal"]>): void {
  const { id, externalTenant } = principal;
  const { principalKinds, guestTypes } = names;
  rare(principal.customSecurityAttributes);
  sizes[sizeCount++] = name(principal.kind, principalKinds);
  sizes[sizeCount++] = size(id);
  text += known(id);
  writeTexts(principal.groups);
  writeTexts(principal.roles);
  sizes[sizeCount++] = name(principal.guestType, guestTypes);
  sizes[sizeCount++] = size(externalTenant);
  text += known(externalTenant);
}

/** Tells whether there was a binding. */
function writeSession(session: NonNullable<Request["session"]>): number {
  const { id, binding } = session;
  sizes[sizeCount++] = size(id);
  text += known(id);
  numbers[numberCount++] = number(session.establishedAt);
  numbers[numberCount++] = number(session.authTime);
  writeTexts(session.amr);
  sizes[sizeCount++] = name(session.transferMethod, names.transferMethods);
  sizes[sizeCount++] = flag(session.keyProved);
  if (!isGroup(binding)) return 0;
  const { country, ja4, agent } = binding;
  numbers[numberCount++] = number(binding.asn);
  sizes[sizeCount++] = size(country);
  sizes[sizeCount++] = size(ja4);
  sizes[sizeCount++] = size(agent);
  text += known(country) + known(ja4) + known(agent);
  return BINDING;
}

function writeDevice(device: NonNullable<Request["device"]>): void {
  const { deviceId } = device;
  const { trustTypes, platforms, deviceCookies } = names;
  const into = sizes;
  const at = sizeCount;
  into[at] = flag(device.isRegistered);
  into[at + 1] = flag(device.isCompliant);
  into[at + 2] = name(device.trustType, trustTypes);
  into[at + 3] = name(device.platform, platforms);
  into[at + 4] = size(deviceId);
  into[at + 5] = name(device.cookie, deviceCookies);
  sizeCount = at + 6;
  text += known(deviceId);
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

function writeResource(resource: NonNullable<Request["resource"]>): void {
  const { application, userAction, authenticationContext } = resource;
  rare(resource.customSecurityAttributes);
  sizes[sizeCount++] = size(application);
  text += known(application);
  writeTexts(resource.applicationGroups);
  sizes[sizeCount++] = size(userAction);
  sizes[sizeCount++] = size(authenticationContext);
  text += known(userAction) + known(authenticationContext);
}

function writeRisk(risk: NonNullable<Request["risk"]>): void {
  const { levels, insiderLevels } = names;
  const into = sizes;
  const at = sizeCount;
  into[at] = name(risk.signIn, levels);
  into[at + 1] = name(risk.user, levels);
  into[at + 2] = name(risk.servicePrincipal, levels);
  into[at + 3] = name(risk.agent, levels);
  into[at + 4] = name(risk.insider, insiderLevels);
  sizeCount = at + 5;
}

/** Tells whether its values were counted. */
function writeProfile(profile: Profile): number {
  if (profile.count == null) fits = false;
  numbers[numberCount++] = number(profile.count);
  writeTexts(profile.networks);
  writeNumbers(profile.asns);
  writeTexts(profile.countries);
  writeTexts(profile.cities);
  writeTexts(profile.agents);
  writeTexts(profile.systems);
  writeTexts(profile.tls);
  writeTexts(profile.devices);
  writeNumbers(profile.hours);
  const { last, counts } = profile;
  numbers[numberCount++] = number(last?.time);
  if (last != null) {
    if (last.time == null) fits = false;
    numbers[numberCount++] = number(last.latitudeE6);
    numbers[numberCount++] = number(last.longitudeE6);
  }
  if (!isGroup(counts)) return 0;
  writeNumbers(counts.networks);
  writeNumbers(counts.asns);
  writeNumbers(counts.countries);
  writeNumbers(counts.cities);
  writeNumbers(counts.agents);
  writeNumbers(counts.systems);
  writeNumbers(counts.tls);
  writeNumbers(counts.devices);
  return COUNTS;
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

function writeTexts(values: readonly string[] | null | undefined): void {
  if (!isList(values)) return;
  const into = sizes;
  let at = sizeCount;
  let joined = text;
  into[at++] = values.length;
  for (let place = 0; place < values.length; place += 1) {
    const value = values[place] as string;
    if (typeof value !== "string") {
      fits = false;
      return;
    }
    into[at++] = value.length;
    joined += value;
  }
  sizeCount = at;
  text = joined;
}

function writeNumbers(values: readonly number[] | null | undefined): void {
  if (!isList(values)) return;
  sizes[sizeCount++] = values.length;
  for (const value of values) {
    if (typeof value !== "number") fits = false;
    numbers[numberCount++] = value;
  }
}
