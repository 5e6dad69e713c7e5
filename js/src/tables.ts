import type { Decision, PolicyResult } from "./types.js";

/**
 * What the numbers of packed requests and answers stand for: names by index, from the engine and its bundle. What is
 * a bundle's is empty without one.
 */
export interface Tables {
  /** The only headers that a packed request carries: no decision reads another. */
  headers: string[];
  proxies: string[];
  appTypes: string[];
  principalKinds: string[];
  guestTypes: string[];
  transferMethods: string[];
  trustTypes: string[];
  platforms: NonNullable<Decision["agent"]["platform"]>[];
  deviceCookies: string[];
  levels: Decision["risk"]["levels"];
  insiderLevels: string[];
  outcomes: Decision["outcome"][];
  detections: Decision["detections"][number]["type"][];
  classes: Decision["agent"]["class"][];
  verifications: Decision["agent"]["verification"][];
  deviceKinds: NonNullable<Decision["agent"]["deviceKind"]>[];
  purposes: NonNullable<Decision["agent"]["purpose"]>[];
  findings: Decision["agent"]["findings"];
  signals: [name: string, bins: string[]][];
  /** By signal and bin. */
  points: number[][];
  facts: string[];
  reasonCodes: Decision["reasons"][number]["code"][];
  /** Of each reason, what stands before and after the policy's name. */
  sentences: [before: string, after: string][];
  controls: string[];
  /** Ids. */
  policies: string[];
  policyNames: string[];
  /** What each may come to, as indices of `results`: met, not met, beyond prompts, not applied, open. */
  policyResults: [number, number, number, number, number][];
  results: PolicyResult["result"][];
  /** That some policy configures, in the order in which they are looked at. */
  conditions: string[];
  outages: NonNullable<PolicyResult["outage"]>[];
  versions: Decision["versions"] | null;
}
