// The policies as an accordion of JSON editors. What is wrong with one is shown under it, with the path.
import { h } from "./dom.mjs";

const states = [
  ["enabled", "On"],
  ["enabledForReportingButNotEnforced", "Report only"],
  ["disabled", "Off"],
];
const template = {
  displayName: "My own policy",
  state: "enabled",
  conditions: {
    users: { includeUsers: ["All"] },
    applications: { includeApplications: ["All"] },
    clientAppTypes: ["all"],
    locations: { includeLocations: ["All"] },
    edge: { agentClasses: { include: ["library"] } },
  },
  grantControls: { operator: "OR", builtInControls: ["block"] },
};

/**
 * Builds the editor into `root`. `changed(policies)` gets the parsed policies after each edit that is JSON, and
 * answers with the issues found. Returns `{ mark, nameOf }`: `mark(results)` shows each policy's result beside its name,
 * `nameOf(id)` is the name a policy is shown by.
 */
export function policyEditor(root, initial, changed) {
  let entries = initial.map((policy) => ({ text: JSON.stringify(policy, null, 2), policy }));
  const rows = h("ul", { class: "policy-list", role: "list" });
  const general = h("ul", { class: "issues", role: "list" });

  const announce = () => {
    const issues = changed(entries.map((entry) => entry.policy));
    general.replaceChildren();
    for (const entry of entries) entry.issues.replaceChildren();
    // What keeps a policy from working comes before what is merely doubtful.
    for (const issue of issues.toSorted((a, b) => Number(b.severity === "error") - Number(a.severity === "error"))) {
      const index = Number(/^policies\[(\d+)\]/.exec(issue.path ?? "")?.[1] ?? -1);
      (entries[index]?.issues ?? general).append(issueRow(issue));
    }
    for (const entry of entries)
      entry.row.classList.toggle("wrong", entry.issues.querySelector(".issue-error") !== null);
  };

  const build = (entry, index) => {
    const id = `policy-${index}`;
    const name = h("span", { class: "policy-name" });
    entry.mark = h("span", { class: "policy-mark" });
    entry.issues = h("ul", { class: "issues", role: "list", "aria-live": "polite" });
    const area = h("textarea", { id, class: "mono", rows: 14, spellcheck: "false" });
    const state = h(
      "select",
      { id: `${id}-state` },
      states.map(([value, label]) => h("option", { value }, label)),
    );
    const show = () => {
      name.textContent = entry.policy.displayName ?? entry.policy.id ?? "Unnamed policy";
      state.value = entry.policy.state ?? "";
      entry.row.classList.toggle("off", entry.policy.state === "disabled");
    };
    area.value = entry.text;
    area.addEventListener("input", () => {
      entry.text = area.value;
      try {
        const policy = JSON.parse(area.value);
        if (policy === null || typeof policy !== "object" || Array.isArray(policy))
          throw new TypeError("a policy is an object");
        entry.policy = policy;
      } catch (error) {
        entry.issues.replaceChildren(
          issueRow({ severity: "error", path: `policies[${index}]`, message: `not JSON yet: ${error.message}` }),
        );
        return;
      }
      show();
      announce();
    });
    state.addEventListener("change", () => {
      entry.policy = { ...entry.policy, state: state.value };
      entry.text = area.value = JSON.stringify(entry.policy, null, 2);
      show();
      announce();
    });
    const remove = h(
      "button",
      {
        class: "button quiet",
        type: "button",
        onclick: () => {
          entries = entries.filter((other) => other !== entry);
          render();
        },
      },
      "Remove",
    );
    entry.row = h(
      "li",
      {},
      h(
        "details",
        { name: "policy", open: entry.open },
        h("summary", {}, name, entry.mark),
        h(
          "div",
          { class: "policy-body" },
          h("div", { class: "policy-tools" }, h("label", { for: `${id}-state` }, "State"), state, remove),
          h("label", { for: id, class: "visually-hidden" }, "Policy as JSON"),
          area,
          entry.issues,
        ),
      ),
    );
    show();
    return entry.row;
  };

  const render = () => {
    rows.replaceChildren(...entries.map(build));
    announce();
  };
  const restart = (next) => {
    entries = next.map((policy) => ({ text: JSON.stringify(policy, null, 2), policy }));
    render();
  };

  root.replaceChildren(
    rows,
    general,
    h(
      "div",
      { class: "policy-actions" },
      h(
        "button",
        {
          class: "button",
          type: "button",
          onclick: () => {
            entries.push({ text: JSON.stringify(template, null, 2), policy: structuredClone(template), open: true });
            render();
            rows.lastElementChild.querySelector("textarea").focus();
          },
        },
        "Add a policy",
      ),
      h("button", { class: "button quiet", type: "button", onclick: () => restart(initial) }, "Start over"),
    ),
  );
  render();

  // The engine calls a policy without an id by its place.
  const idOf = ({ policy }, index) => policy.id ?? `policies[${index}]`;
  return {
    mark(results) {
      for (const [index, entry] of entries.entries()) {
        const result = results.find(({ id }) => id === idOf(entry, index))?.result;
        // Most policies have nothing to say of most requests: their silence is not worth a tag each.
        const silent = !result || ["notApplied", "notEnabled", "reportOnlyNotApplied"].includes(result);
        entry.mark.replaceChildren(silent ? "" : resultTag(result));
      }
    },
    nameOf: (id) => entries.find((entry, index) => idOf(entry, index) === id)?.policy.displayName ?? id,
  };
}

const issueRow = ({ severity, path, message, fix }) =>
  h(
    "li",
    { class: `issue-${severity}` },
    h("strong", {}, severity === "error" ? "Error" : "Warning"),
    " at ",
    h("code", {}, path || "the bundle"),
    `: ${message}`,
    fix && h("span", { class: "fix" }, fix),
  );

const resultTones = {
  success: ["allow", "satisfied"],
  failure: ["block", "not satisfied"],
  notApplied: ["", "does not apply"],
  notEnabled: ["", "off"],
  unknown: ["defer", "not known yet"],
  reportOnlySuccess: ["", "report only: satisfied"],
  reportOnlyFailure: ["", "report only: would block"],
  reportOnlyInterrupted: ["", "report only: would challenge"],
  reportOnlyNotApplied: ["", "report only: does not apply"],
};

/** A policy's result as a small coloured word. */
export function resultTag(result) {
  const [tone, label] = resultTones[result] ?? ["", result];
  return h("span", { class: `tag ${tone}`, title: result }, label);
}
