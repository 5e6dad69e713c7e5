// The decision, made readable. Every number and name comes from the decision itself.
import { byId, h, words } from "./dom.mjs";
import { resultTag } from "./policy-editor.mjs";

const headlines = { allow: "Allow", challenge: "Challenge", block: "Block", defer: "Ask the scorer" };
const controlNames = {
  mfa: "a second factor",
  compliantDevice: "a compliant device",
  domainJoinedDevice: "a joined device",
  passwordChange: "a new password",
  signInFrequency: "a fresh sign-in",
};
const levels = ["none", "low", "medium", "high"];
const signed = (points) => (points > 0 ? `+${points}` : String(points).replace("-", "\u2212"));

/** What one decision took here; filled in once it was measured. */
const elapsed = h("span", { id: "elapsed" }, "…");

/**
 * Shows a decision, the client that it is about, policies by the names that `nameOf(id)` gives, what the score is made of
 * by the sentences that `say(contribution)` gives, and what was detected by what `meaning(detection)` says of it.
 */
export function showDecision(decision, agent, nameOf, { say, meaning }) {
  const { outcome } = decision;
  byId("verdict").dataset.outcome = outcome;
  byId("verdict").className = `verdict card ${outcome}`;
  byId("dock-verdict").textContent = headlines[outcome];
  byId("dock-verdict").className = outcome;
  byId("verdict-body").replaceChildren(
    ...[
      h("p", { class: "headline", "data-testid": "outcome" }, headlines[outcome]),
      outcome === "challenge" &&
        h(
          "p",
          { class: "because" },
          `Missing: ${decision.controls.map((control) => controlNames[control] ?? control).join(" and ")}.`,
        ),
      outcome === "defer" &&
        h(
          "p",
          { class: "because" },
          `${decision.needs.length === 1 ? "One unknown fact" : `${decision.needs.length} unknown facts`} could change the verdict. The edge asks for ${decision.needs.length === 1 ? "it" : "them"} and nothing else.`,
        ),
      h(
        "ul",
        { id: "reasons", class: "because", role: "list" },
        decision.reasons.map((reason) => h("li", {}, reason.text)),
      ),
      h(
        "dl",
        { class: "facts small" },
        fact("Client", `${agent.name ?? agent.browser?.name ?? "unnamed"} · ${words(agent.class)}`),
        fact("Risk", levelNames(decision.risk.levels)),
        fact("Decided in", elapsed),
        fact("Support code", h("code", {}, decision.supportCode)),
      ),
    ].filter(Boolean),
  );
  byId("results").replaceChildren(...policyResults(decision.policies, nameOf));
  byId("risk").replaceChildren(...risk(decision.risk, say));
  byId("agent").replaceChildren(...agentView(agent));
  byId("detections").replaceChildren(detections(decision.detections, meaning));
  byId("raw").textContent = JSON.stringify(decision, null, 2);
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
const levelNames = (names) => (names.length === 1 ? names[0] : `${names[0]} to ${names.at(-1)}`);

function policyResults(policies, nameOf) {
  const row = (policy) =>
    h(
      "li",
      {},
      h("span", {}, nameOf(policy.id), policy.reason && h("span", { class: "reason" }, words(policy.reason))),
      resultTag(policy.result),
    );
  const quiet = ["notApplied", "notEnabled", "reportOnlyNotApplied"];
  const loud = policies.filter((policy) => !quiet.includes(policy.result));
  const rest = policies.filter((policy) => quiet.includes(policy.result));
  return [
    loud.length
      ? h("ul", { class: "results", role: "list" }, loud.map(row))
      : h("p", { class: "muted" }, "None applies to this request."),
    rest.length > 0 &&
      h(
        "details",
        { class: "rest" },
        h("summary", {}, `${rest.length} do not apply`),
        h("ul", { class: "results", role: "list" }, rest.map(row)),
      ),
  ].filter(Boolean);
}

function risk({ score, levels: possible, contributions }, say) {
  const widest = Math.max(64, ...contributions.map(({ points }) => Math.abs(points)));
  const rows = contributions
    .toSorted((a, b) => b.points - a.points)
    .map((contribution) => {
      const { signal, bin, points } = contribution;
      const bar = h("span", { class: points > 0 ? "bar up" : "bar down" });
      bar.style.setProperty("--part", String(Math.abs(points) / widest));
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, words(signal), h("span", { class: "bin" }, say(contribution) ?? words(bin))),
        h("td", { class: "track", "aria-hidden": "true" }, bar),
        h("td", { class: "points" }, signed(points)),
      );
    });
  return [
    h(
      "ol",
      { class: "scale", "aria-label": `Possible risk levels: ${possible.join(", ")}` },
      levels.map((level) => h("li", { class: possible.includes(level) ? `on ${level}` : "" }, level)),
    ),
    h(
      "table",
      { class: "contributions" },
      h("caption", { class: "visually-hidden" }, "Contributions to the risk score"),
      h(
        "thead",
        { class: "visually-hidden" },
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Signal"),
          h("th", { scope: "col" }, "Bar"),
          h("th", { scope: "col" }, "Points"),
        ),
      ),
      h(
        "tbody",
        {},
        rows.length
          ? rows
          : h("tr", {}, h("td", { colspan: 3, class: "muted" }, "Nothing counts for or against this request.")),
      ),
      h(
        "tfoot",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "row", colspan: 2 }, "Score"),
          h("td", { class: "points", "data-testid": "score" }, signed(score)),
        ),
      ),
    ),
  ];
}

function agentView(agent) {
  const rows = [
    ["Kind", words(agent.class)],
    ["Name", agent.name],
    ["Operator", agent.operator],
    ["Purpose", agent.purpose && words(agent.purpose)],
    ["Browser", agent.browser && `${agent.browser.name} ${agent.browser.major || ""}`.trim()],
    ["Platform", agent.platform],
    ["Device kind", agent.deviceKind],
    ["Name backed by", agent.verification === "none" ? null : words(agent.verification)],
    ["Decided by", words(agent.rule)],
  ].filter(([, value]) => value);
  return [
    h(
      "dl",
      { class: "pairs" },
      rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    agent.notes.length > 0 &&
      h(
        "ul",
        { class: "notes", role: "list", "aria-label": "Findings" },
        agent.notes.map((note) =>
          h(
            "li",
            {},
            h("strong", {}, words(note.finding)),
            h("p", {}, note.means),
            h("p", { class: "muted small" }, `Innocent causes: ${note.innocentCauses}`),
          ),
        ),
      ),
    agent.tokens.length > 0 &&
      h(
        "details",
        { class: "rest" },
        h("summary", {}, "What its user agent says, word by word"),
        h(
          "table",
          { class: "tokens" },
          h(
            "thead",
            { class: "visually-hidden" },
            h(
              "tr",
              {},
              ["Word", "Meaning", "Known from"].map((name) => h("th", { scope: "col" }, name)),
            ),
          ),
          h(
            "tbody",
            {},
            agent.tokens.map(({ text, meaning, source }) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, h("code", {}, text)),
                h("td", {}, meaning),
                h("td", { class: "muted" }, source),
              ),
            ),
          ),
        ),
      ),
  ].filter(Boolean);
}

function detections(found, meaning) {
  if (found.length === 0) return h("p", { class: "muted" }, "Nothing suspicious.");
  return h(
    "ul",
    { class: "detections", role: "list" },
    found.map((detection) => {
      const { type, level, evidence } = detection;
      const { means, innocentCauses } = meaning(detection) ?? {};
      return h(
        "li",
        {},
        h("div", {}, h("strong", {}, words(type)), h("span", { class: `tag level-${level}` }, level)),
        means && h("p", {}, means),
        innocentCauses && h("p", { class: "muted small" }, `Innocent causes: ${innocentCauses}`),
        h(
          "p",
          { class: "muted small" },
          Object.entries(evidence ?? {})
            .map(([name, value]) => `${words(name)}: ${Array.isArray(value) ? value.map(words).join(", ") : value}`)
            .join(" · "),
        ),
      );
    }),
  );
}
