import type { Decision } from "../../dist/types.js";

/** A decision that says nothing but what a test needs it to. */
export function decision(over: Partial<Decision> = {}): Decision {
  return {
    outcome: "allow",
    reasons: [],
    controls: [],
    sessionControls: {},
    risk: { score: 0, probabilityQ16: 0, levels: ["none"], contributions: [] },
    agent: {
      class: "browser",
      name: null,
      operator: null,
      purpose: null,
      browser: null,
      platform: null,
      deviceKind: null,
      verification: "none",
      findings: [],
    },
    detections: [],
    policies: [],
    needs: [],
    versions: { engine: "0", bundle: "1", model: "m", data: "0" },
    supportCode: "AAAAA-AAAAA",
    ...over,
  };
}
