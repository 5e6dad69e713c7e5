/**
 * The vocabulary of requests and decisions. Names and shapes are those of the engine's JSON.
 * A member that is missing or `null` is unknown; `[]` is known to be empty.
 */

export type RiskLevel = "none" | "low" | "medium" | "high";
export type InsiderRiskLevel = "none" | "minor" | "moderate" | "elevated";
export type PrincipalKind = "user" | "agentUser" | "workload" | "agent" | "anonymous";
export type Proxy = "none" | "vpn" | "tor" | "relay" | "hosting" | "corporate";
export type Platform = "android" | "iOS" | "windows" | "windowsPhone" | "macOS" | "linux" | "other";
export type TrustType = "AzureAD" | "ServerAD" | "Workplace";
export type GuestType =
  | "none"
  | "internalGuest"
  | "b2bCollaborationGuest"
  | "b2bCollaborationMember"
  | "b2bDirectConnectUser"
  | "otherExternalUser"
  | "serviceProvider";
export type TransferMethod = "none" | "deviceCodeFlow" | "authenticationTransfer";
export type ClientAppType =
  | "browser"
  | "mobileAppsAndDesktopClients"
  | "exchangeActiveSync"
  | "easSupported"
  | "other";

/** Every member optional and nullable: unknown. */
type Facts<T> = { [K in keyof T]?: T[K] | null | undefined };

export type HttpFacts = Facts<{
  /** Upper case. */
  method: string;
  scheme: "http" | "https";
  /** Without the port. */
  host: string;
  /** Without the query. */
  path: string;
  /** Without `?`. Read for signatures that cover it; adapters report it only with such. */
  query: string;
  version: "1.0" | "1.1" | "h2" | "h3";
  /** Names in lower case, in arrival order where the host keeps it. */
  headers: readonly (readonly [name: string, value: string])[];
}>;

export type ClientFacts = Facts<{
  ip: string;
  asn: number;
  /** ISO 3166-1 alpha-2, upper case. */
  country: string;
  city: string;
  /** Degrees north. */
  latitude: number;
  /** Degrees east. */
  longitude: number;
  proxy: Proxy;
  /** Country of the device's own position, for locations looked up by GPS. */
  gpsCountry: string;
  /** Through the tenant's compliant network. */
  compliantNetwork: boolean;
  appType: ClientAppType;
  /** Names that reverse DNS gives the address, each confirmed by looking it up forward; `[]` for none. */
  reverseDns: readonly string[];
}>;

export type TlsFacts = Facts<{
  /** `1.2`, `1.3`. */
  version: string;
  ja4: string;
  ja3: string;
  clientCert: Facts<{ presented: boolean; verified: boolean }>;
}>;

export type TransportFacts = Facts<{
  rttMs: number;
  /** Degrees: where the edge stands that measured the round trip. */
  edgeLatitude: number;
  edgeLongitude: number;
  h2Fingerprint: string;
  headerOrder: readonly string[];
}>;

export type PlatformBotFacts = Facts<{
  /** 1 (certainly automated) to 99 (certainly human), Cloudflare's scale. */
  score: number;
  verified: boolean;
  signedAgent: boolean;
}>;

export type PrincipalFacts = Facts<{
  kind: PrincipalKind;
  id: string;
  groups: readonly string[];
  roles: readonly string[];
  guestType: GuestType;
  externalTenant: string;
  /** Custom security attributes: `["Set_Attribute", "value"]`, once for each value. */
  customSecurityAttributes: readonly (readonly [string, string])[];
}>;

export type SessionFacts = Facts<{
  id: string;
  /** Milliseconds since the Unix epoch. */
  establishedAt: number;
  /** Milliseconds since the Unix epoch. */
  authTime: number;
  /** RFC 8176 authentication methods. */
  amr: readonly string[];
  transferMethod: TransferMethod;
  /** The client proved, with this very request, that it holds the key the session is bound to. */
  keyProved: boolean;
  /** What the session looked like when its token was minted. */
  binding: Facts<{ asn: number; country: string; ja4: string; agent: string }>;
}>;

export type DeviceFacts = Facts<{
  isRegistered: boolean;
  isCompliant: boolean;
  trustType: TrustType;
  platform: Platform;
  deviceId: string;
  mdmAppId: string;
  displayName: string;
  enrollmentProfileName: string;
  manufacturer: string;
  model: string;
  operatingSystem: string;
  operatingSystemVersion: string;
  deviceOwnership: "Personal" | "Company";
  profileType: "RegisteredDevice" | "SecureVM" | "Printer" | "Shared" | "IoT";
  physicalIds: readonly string[];
  systemLabels: readonly string[];
  /** `extensionAttribute1` … `extensionAttribute15`. */
  extensionAttributes: Readonly<Record<string, string | null>>;
  /** What became of the sealed cookie the host gives to devices. */
  cookie: "current" | "forked" | "none";
}>;

export type ResourceFacts = Facts<{
  application: string;
  applicationGroups: readonly string[];
  /** Custom security attributes of the application: `["Set_Attribute", "value"]`, once for each value. */
  customSecurityAttributes: readonly (readonly [string, string])[];
  userAction: string;
  /** `c1` … `c99`. */
  authenticationContext: string;
}>;

export type RiskFacts = Facts<{
  signIn: RiskLevel;
  user: RiskLevel;
  servicePrincipal: RiskLevel;
  agent: RiskLevel;
  insider: InsiderRiskLevel;
}>;

export type VelocityFacts = Facts<{ userFailures1h: number; ipUsers1h: number }>;

/** A principal's history, as the scorer hands it out. */
export interface Profile {
  /** Successful sign-ins it was built from. */
  count?: number;
  networks?: readonly string[];
  asns?: readonly number[];
  countries?: readonly string[];
  /** Half-degree cells of the places seen, latitude and longitude of their middle: `60.0,10.5`. */
  cities?: readonly string[];
  /** Families and platforms, each with the highest major version seen: `Chrome/windows/141`. */
  agents?: readonly string[];
  /** What user agents say of systems and devices in their first comment: `X11; Linux x86_64`. */
  systems?: readonly string[];
  tls?: readonly string[];
  devices?: readonly string[];
  /** Sign-ins per eighth of the UTC day. */
  hours?: readonly number[];
  last?: { time: number; latitudeE6: number; longitudeE6: number } | null;
  /** Sign-ins that showed each value, list by list and in their order. */
  counts?: ProfileCounts | null;
}

/** How often each value of a profile was seen. */
export type ProfileCounts = Partial<
  Record<"networks" | "asns" | "countries" | "cities" | "agents" | "systems" | "tls" | "devices", readonly number[]>
>;

/** A key that seals profiles. */
export interface ProfileKey {
  /** Names the key in what it sealed: 0 to 255. */
  id: number;
  /** 64 hexadecimal digits. */
  key: string;
}

/** What became of a sealed profile. All but the first count as none. */
export type SealOutcome =
  | "opened"
  | "missing"
  | "malformed"
  | "futureVersion"
  | "unknownKey"
  | "unauthentic"
  | "outdated";

/** Which cookie of its line a device presented. */
export interface CookieUse {
  line: string;
  counter: number;
  stamp: string;
}

/** The facts a host reports about one request. */
export type Request = Facts<{
  /** Milliseconds since the Unix epoch. The engine has no clock: this is its only "now". */
  time: number;
  http: HttpFacts;
  client: ClientFacts;
  tls: TlsFacts;
  transport: TransportFacts;
  platformBot: PlatformBotFacts;
  principal: PrincipalFacts;
  session: SessionFacts;
  device: DeviceFacts;
  resource: ResourceFacts;
  risk: RiskFacts;
  velocity: VelocityFacts;
  profile: Profile;
  agentDirectory: AgentDirectory;
}>;

/** Keys that the host fetched for a signature of the request. */
export interface AgentDirectory {
  /** Origin, `https://agent.example`. */
  url: string;
  keys: readonly Jwk[];
}

/** A public key of Ed25519 (RFC 8037). */
export interface Jwk {
  kty: string;
  crv: string;
  /** 32 bytes, base64url. */
  x: string;
  /** Seconds since the Unix epoch. */
  nbf?: number;
  exp?: number;
}

export type AgentClass =
  | "browser"
  | "app"
  | "searchCrawler"
  | "aiBot"
  | "bot"
  | "library"
  | "headless"
  | "attackTool"
  | "malformed"
  | "missing";

export type DeviceKind =
  | "desktop"
  | "phone"
  | "tablet"
  | "tv"
  | "console"
  | "watch"
  | "car"
  | "reader"
  | "headset";

/** What the client is. */
export interface Agent {
  class: AgentClass;
  name: string | null;
  operator: string | null;
  purpose: string | null;
  browser: { name: string; major: number } | null;
  platform: Platform | null;
  /** As the user agent has it; `device` of a request is what a directory knows. */
  deviceKind: DeviceKind | null;
  verification: "none" | "claimed" | "signature" | "address" | "contradicted";
  findings: readonly string[];
  /** What became of its Web Bot Auth signature, if it sent one. */
  signature?: AgentSignature;
}

/** A signature of the request (RFC 9421, tag `web-bot-auth`). */
export interface AgentSignature {
  status:
    | "verified"
    | "invalid"
    | "expired"
    | "notYetValid"
    | "malformed"
    | "incomplete"
    | "unsupported"
    | "insecure"
    | "timeUnknown"
    | "unknownDirectory"
    | "unknownKey";
  /** The directory it names; backed only if `status` is `verified`. */
  directory?: string;
  keyId?: string;
  /** The engine remembers none: a host that wants each signature used once keeps them until `expires`. */
  nonce?: string;
  /** Milliseconds since the Unix epoch. */
  expires?: number;
}

/** What the client is, and why. */
export interface Explanation extends Agent {
  /** The rule that decided. */
  rule: string;
  /** Every token of the user agent that meant something, in order; `start` counts bytes of UTF-8. */
  tokens: { text: string; start: number; source: "catalogue" | "vocabulary" | "keyword" | "unknown"; meaning: string }[];
  /** What each finding says, and what is known to cause it innocently. */
  notes: { finding: string; strength: "weak" | "medium" | "strong"; means: string; innocentCauses: string }[];
}

export type Outcome = "allow" | "challenge" | "block" | "defer";

/** Stable, never reused. */
export type ReasonCode =
  | "blockedByPolicy"
  | "controlsRequired"
  | "undetermined"
  | "deniedInOutage"
  | "takenToApplyInOutage"
  | "sessionContinuesInOutage"
  | "requirementsMet"
  | "noPolicyApplies";

export type PolicyResultName =
  | "success"
  | "failure"
  | "notApplied"
  | "notEnabled"
  | "unknown"
  | "reportOnlySuccess"
  | "reportOnlyFailure"
  | "reportOnlyInterrupted"
  | "reportOnlyNotApplied";

export interface PolicyResult {
  id: string;
  result: PolicyResultName;
  /** The condition that decided, or that is not known. */
  reason?: string;
  /** How an outage settled it. */
  outage?: "denied" | "sessionContinues" | "reevaluated" | "takenToApply";
}

/**
 * A decision. `JSON.stringify` writes all of it; to copy one, parse that: the engine works members out when they are
 * first read, so `{ ...decision }` may have the outcome alone.
 */
export interface Decision {
  outcome: Outcome;
  /** Why, for a program (`code`) and for a person. */
  reasons: { code: ReasonCode; policy?: string; text: string }[];
  /** What must be met, in the order to ask for it. */
  controls: readonly string[];
  sessionControls: Record<string, unknown>;
  risk: {
    /** Log-odds of a bad request, 1/64 bit. */
    score: number;
    /** Probability × 65536. */
    probabilityQ16: number;
    /** The sign-in risk levels still possible. */
    levels: RiskLevel[];
    contributions: { signal: string; bin: string; points: number }[];
  };
  agent: Agent;
  /** Named findings, by Entra's `riskEventType` where there is one. Of level `none`: worth knowing, and held against nobody. */
  detections: { type: string; level: RiskLevel; evidence: Record<string, unknown> }[];
  policies: PolicyResult[];
  /** The unknown facts that could change the outcome. */
  needs: readonly string[];
  versions: { engine: string; bundle: string; model: string; data: string };
  /** What a person quotes when asking why. */
  supportCode: string;
}

/** What the edge asks the scorer (`POST /v1/assess`). */
export interface Assessment {
  schema: number;
  needs: readonly string[];
  about: Record<string, unknown>;
  bundleVersion: string;
}

/** What the scorer answers. A fact asked for and left out is one it does not know. */
export interface Answer {
  facts: Record<string, unknown>;
  profile?: Profile | null;
  ttlSeconds: number;
}

/** Record of one decision; `digest` chains to the next one's `previous`. */
export interface Receipt {
  schema: number;
  outcome: Outcome;
  supportCode: string;
  previous: string | null;
  digest: string;
  [member: string]: unknown;
}

/** One finding about a policy. */
export interface Issue {
  code: string;
  severity: "error" | "warning";
  /** Where, as `policies[3].conditions.users.includeUsers`. */
  path: string;
  policy?: string | null;
  message: string;
  fix?: string | null;
}

export interface BundleInfo {
  version: string;
  policies: number;
  /** Origins whose keys of agents may be fetched. */
  agentDirectories: string[];
}

/** Signature beside a bundle's bytes. */
export interface SignatureEnvelope {
  keyId: string;
  algorithm: "Ed25519";
  /** Base64. */
  signature: string;
}

export interface PublicKey {
  id: string;
  /** 32 bytes, base64. */
  key: string;
}
