// Arcjet's detectBot as its wasm is made: instantiated once, where its package does so for each call.

import { initializeWasm } from "@arcjet/analyze-wasm";

/** The module, with hosts' functions that detectBot does not call. */
export async function arcjet() {
  const unused = () => {
    throw new Error("not part of detectBot");
  };
  return initializeWasm({
    "arcjet:js-req/bot-identifier": { detect: () => [] },
    "arcjet:js-req/email-validator-overrides": { isFreeEmail: unused, isDisposableEmail: unused, hasMxRecords: unused, hasGravatar: unused },
    "arcjet:js-req/filter-overrides": { ipLookup: () => undefined },
    "arcjet:js-req/sensitive-information-identifier": { detect: unused },
    "arcjet:js-req/verify-bot": { verify: () => "unverifiable" },
  });
}
