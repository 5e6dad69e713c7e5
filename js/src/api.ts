// The public surface, however the module arrives.
export { createIdentifierKey, Engine } from "./engine.js";
export type { Circumstances, EngineOptions } from "./engine.js";
export { EdgewardError } from "./errors.js";
export type { EdgewardErrorCode } from "./errors.js";
export { factsFromHeader } from "./fixture.js";
export { Guard } from "./guard.js";
export type { DecisionRecord, GuardOptions, HostRequest, Judgement, Metrics, SignIn } from "./guard.js";
export { verifyResult } from "./origin.js";
export type { Answered, AnswerCode, Plan } from "./challenge.js";
export type { Problem } from "./report.js";
export type { ScorerMetrics, ScorerOptions, ScorerProblem } from "./scorer.js";
export type { ClaimNames, SessionOptions } from "./session.js";
export type { TrustedFact, TrustedHeaders } from "./trusted-headers.js";
export type * from "./types.js";
