// The request as a form: each field is one member of the JSON that the engine reads.
import { h } from "./dom.mjs";
import { get, header, set, setHeader } from "./paths.mjs";

const text = { read: (value) => value ?? "", write: (typed) => typed.trim() || undefined };
const number = {
  inputmode: "decimal",
  read: (value) => value ?? "",
  write: (typed) => (typed.trim() === "" || Number.isNaN(Number(typed)) ? undefined : Number(typed)),
};
const list = {
  hint: "Comma separated; the word none says that there are none.",
  read: (value) => (Array.isArray(value) ? value.join(", ") || "none" : ""),
  write: (typed) =>
    typed.trim() === ""
      ? undefined
      : typed.trim() === "none"
        ? []
        : typed
            .split(",")
            .map((part) => part.trim())
            .filter(Boolean),
};
const choice = (...options) => ({
  options: options.map((value) => [JSON.stringify(value), String(value)]),
  read: (value) => (value === undefined || value === null ? "" : JSON.stringify(value)),
  write: (typed) => (typed === "" ? undefined : JSON.parse(typed)),
});
const yesNo = {
  ...choice(true, false),
  options: [
    ["true", "yes"],
    ["false", "no"],
  ],
};
const levels = choice("none", "low", "medium", "high");
const minutesAgo = {
  inputmode: "decimal",
  read: (value, request) => (value === undefined ? "" : Math.round((request.time - value) / 60_000)),
  write: (typed, request) =>
    typed.trim() === "" || Number.isNaN(Number(typed)) ? undefined : request.time - Number(typed) * 60_000,
};
const headerField = (name) => ({
  read: (_, request) => header(request, name) ?? "",
  apply: (typed, request) => setHeader(request, name, typed.trim()),
});

/** Sections of fields: [label, path or header name, kind, more]. */
const sections = [
  [
    "Client",
    true,
    [
      [
        "User agent",
        "user-agent",
        headerField("user-agent"),
        { wide: true, rows: 3, hint: "Empty: the client sent none." },
      ],
      ["Sec-CH-UA", "sec-ch-ua", headerField("sec-ch-ua"), { wide: true }],
      ["Sec-CH-UA-Platform", "sec-ch-ua-platform", headerField("sec-ch-ua-platform")],
      ["Sec-CH-UA-Mobile", "sec-ch-ua-mobile", headerField("sec-ch-ua-mobile")],
    ],
  ],
  [
    "Place",
    true,
    [
      ["Country", "client.country", text],
      ["City", "client.city", text],
      ["Network (ASN)", "client.asn", number],
      ["Address", "client.ip", text],
      ["Intermediary", "client.proxy", choice("none", "vpn", "tor", "relay", "hosting", "corporate")],
      ["TLS fingerprint (JA4)", "tls.ja4", text],
    ],
  ],
  [
    "What is asked for",
    true,
    [
      ["Application", "resource.application", text],
      ["Path", "http.path", text],
      ["Method", "http.method", choice("GET", "POST", "PUT", "DELETE")],
      [
        "Client app type",
        "client.appType",
        choice("browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "easSupported", "other"),
      ],
    ],
  ],
  [
    "On whose behalf",
    false,
    [
      ["Kind", "principal.kind", choice("user", "workload", "agent", "anonymous")],
      ["Id", "principal.id", text],
      ["Groups", "principal.groups", list],
      ["Roles", "principal.roles", list],
    ],
  ],
  [
    "Session",
    false,
    [
      ["Began, minutes ago", "session.establishedAt", minutesAgo],
      ["Signed in, minutes ago", "session.authTime", minutesAgo],
      ["Methods used (amr)", "session.amr", list],
      ["Session id", "session.id", text],
      ["Minted for network", "session.binding.asn", number],
      ["Minted in country", "session.binding.country", text],
      ["Minted for client", "session.binding.agent", text],
      ["Minted for JA4", "session.binding.ja4", text],
    ],
  ],
  [
    "Device",
    false,
    [
      ["Compliant", "device.isCompliant", yesNo],
      ["Joined", "device.trustType", choice("AzureAD", "ServerAD", "Workplace")],
      ["Managed platform", "device.platform", choice("windows", "macOS", "linux", "iOS", "android")],
    ],
  ],
  [
    "Risk that others computed",
    false,
    [
      ["Of this sign-in", "risk.signIn", levels],
      ["Of the user", "risk.user", levels],
      ["Failed sign-ins, last hour", "velocity.userFailures1h", number],
      ["Users of the address, last hour", "velocity.ipUsers1h", number],
    ],
  ],
];

/** Builds the form into `form`; `changed(request)` is called with the request after each edit. Returns `show(request)`. */
export function requestForm(form, changed) {
  let request = {};
  const fields = [];
  const json = h("textarea", {
    id: "request-json",
    rows: 14,
    spellcheck: "false",
    class: "mono",
    "aria-describedby": "request-json-error",
  });
  const jsonError = h("p", { id: "request-json-error", class: "small error", role: "alert" });

  const edited = (field) => {
    const { kind, path, input } = field;
    if (kind.apply) kind.apply(input.value, request);
    else set(request, path, kind.write(input.value, request));
    json.value = JSON.stringify(request, null, 2);
    mark(field);
    changed(request);
  };
  const mark = ({ row, input, kind }) => row.classList.toggle("unknown", input.value === "" && !kind.apply);

  // On a phone the sections start closed: one look shows what there is to change.
  const roomy = matchMedia("(min-width: 720px)").matches;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.replaceChildren(
    ...sections.map(([title, open, rows]) =>
      h(
        "details",
        { open: open && roomy },
        h("summary", {}, title),
        h(
          "div",
          { class: "fields" },
          rows.map(([label, path, kind, more = {}]) => {
            const id = `field-${path.replaceAll(".", "-")}`;
            const hint = more.hint ?? kind.hint;
            const shared = { id, name: path, "aria-describedby": hint ? `${id}-hint` : null };
            const input = kind.options
              ? h(
                  "select",
                  shared,
                  h("option", { value: "" }, "unknown"),
                  kind.options.map(([value, name]) => h("option", { value }, name)),
                )
              : more.rows
                ? h("textarea", { ...shared, rows: more.rows, spellcheck: "false" })
                : h("input", {
                    ...shared,
                    type: "text",
                    inputmode: kind.inputmode,
                    spellcheck: "false",
                    placeholder: kind.apply ? "not sent" : "unknown",
                  });
            const row = h(
              "div",
              { class: more.wide ? "field wide" : "field" },
              h("label", { for: id }, label),
              input,
              hint && h("p", { id: `${id}-hint`, class: "hint" }, hint),
            );
            const field = { kind, path, input, row };
            input.addEventListener("input", () => edited(field));
            fields.push(field);
            return row;
          }),
        ),
      ),
    ),
    h(
      "details",
      {},
      h("summary", {}, "All of it, as JSON"),
      h(
        "div",
        { class: "fields" },
        h("div", { class: "field wide" }, h("label", { for: "request-json" }, "Request"), json, jsonError),
      ),
    ),
  );

  json.addEventListener("input", () => {
    try {
      const typed = JSON.parse(json.value);
      if (typed === null || typeof typed !== "object" || Array.isArray(typed))
        throw new TypeError("a request is an object");
      request = typed;
      jsonError.textContent = "";
    } catch (error) {
      jsonError.textContent = `Not a request yet: ${error.message}`;
      return;
    }
    fill();
    changed(request);
  });

  const fill = () => {
    for (const field of fields) {
      field.input.value = field.kind.read(field.kind.apply ? undefined : get(request, field.path), request);
      mark(field);
    }
  };

  return (next) => {
    request = structuredClone(next);
    jsonError.textContent = "";
    json.value = JSON.stringify(request, null, 2);
    fill();
  };
}
