// What the edge would ask the scorer, and a way to answer in its place.
import { byId, h } from "./dom.mjs";

const riskLevels = ["none", "low", "medium", "high"];
const options = {
  signInRisk: riskLevels,
  userRisk: riskLevels,
  servicePrincipalRisk: riskLevels,
  agentRisk: riskLevels,
  insiderRisk: ["none", "minor", "moderate", "elevated"],
  "device.isCompliant": [true, false],
  "device.trustType": ["AzureAD", "ServerAD", "Workplace"],
  "principal.guestType": ["none", "internalGuest", "b2bCollaborationGuest"],
  "principal.groups": [[], ["staff"], ["finance"]],
  "principal.roles": [[], ["administrator"]],
};
const modes = [
  ["ask", "Ask"],
  ["answer", "Answer"],
  ["outage", "No answer"],
];

/** Builds the panel; `changed()` is called when the mode or an answer changes. */
export function askView(changed) {
  let mode = "ask";
  let answers = {};
  const view = {
    /** `ask`, `answer` or `outage`. */
    get mode() {
      return mode;
    },
    /** The scorer's answer as it is set here. */
    answer: () => ({ facts: answers, ttlSeconds: 0 }),
    /** Back to asking, with these answers to start from. */
    reset(initial = {}) {
      mode = "ask";
      answers = structuredClone(initial);
    },
    show,
  };

  function show(needs, assessment) {
    const panel = byId("ask");
    panel.hidden = needs.length === 0;
    if (panel.hidden) return;
    // Kept while the same facts are asked for: whoever is choosing an answer must not lose the focus.
    const key = JSON.stringify([needs, mode]);
    if (panel.dataset.key !== key) {
      panel.dataset.key = key;
      panel.replaceChildren(
        h(
          "fieldset",
          { class: "modes" },
          h("legend", {}, "The scorer"),
          modes.map(([value, label]) =>
            h(
              "label",
              {},
              h("input", {
                type: "radio",
                name: "scorer",
                value,
                checked: value === mode,
                onchange: () => {
                  mode = value;
                  changed();
                  panel.querySelector("input:checked")?.focus();
                },
              }),
              h("span", {}, label),
            ),
          ),
        ),
        h("div", { class: "needs" }, needs.map(needRow)),
        h(
          "details",
          {},
          h("summary", {}, "What leaves the edge"),
          h("pre", { id: "assessment", tabindex: "0", "aria-label": "Assessment sent to the scorer" }),
        ),
      );
    }
    byId("assessment").textContent = JSON.stringify(assessment, null, 2);
  }

  function needRow(fact) {
    const id = `need-${fact.replaceAll(".", "-")}`;
    const select = h(
      "select",
      {
        id,
        disabled: mode !== "answer",
        onchange: () => {
          if (select.value === "") delete answers[fact];
          else answers[fact] = JSON.parse(select.value);
          changed();
        },
      },
      h("option", { value: "" }, "does not know"),
      (options[fact] ?? []).map((value) =>
        h(
          "option",
          { value: JSON.stringify(value) },
          Array.isArray(value) ? value.join(", ") || "none" : value === true ? "yes" : value === false ? "no" : value,
        ),
      ),
    );
    select.value = fact in answers ? JSON.stringify(answers[fact]) : "";
    return h("div", { class: "need" }, h("label", { for: id }, h("code", {}, fact)), select);
  }
  return view;
}
