// The application behind the worker. It shows what Edgeward tells it in headers, and believes them only when signed.
import { brand, escape, page, sendJson, sendPage, sendStyle } from "./http.mjs";

const sections = [
  {
    path: "/",
    title: "Home",
    lead: "A home page that everybody may read, crawlers that feed a search engine included.",
  },
  { path: "/app", title: "Workspace", lead: "Everyday work. People sign in; tools and headless browsers stay out." },
  { path: "/finance", title: "Finance", lead: "Invoices and payments. Only from a device that is managed." },
  {
    path: "/admin",
    title: "Administration",
    lead: "Settings of the whole organisation. A second factor is always due.",
  },
];
const figures = {
  "/app": [
    ["Open tasks", "14"],
    ["Messages", "3"],
    ["Meetings today", "2"],
  ],
  "/finance": [
    ["Invoices due", "8"],
    ["Paid this month", "42,180"],
    ["Waiting for approval", "5"],
  ],
  "/admin": [
    ["Accounts", "1,204"],
    ["Policies", "14"],
    ["Requests blocked today", "311"],
  ],
};

/**
 * Handler of the application. `signIn(path)` is the address that signs in and comes back to the path; `genuine(request)`
 * tells whether the worker wrote the request's `edgeward-*` headers.
 */
export function createOrigin({ signIn, genuine }) {
  return async (request, response) => {
    const { pathname } = new URL(request.url, "http://origin.invalid");
    if (sendStyle(response, pathname)) return;
    const verdict = (await genuine(request)) ? results(request) : {};
    if (pathname.startsWith("/api/"))
      return sendJson(response, 200, { path: pathname, reports: [{ id: 1, total: 1204 }], edgeward: verdict });
    const section = sections.find((candidate) => candidate.path === pathname);
    if (!section)
      return sendPage(
        response,
        404,
        layout(
          pathname,
          `<div class="hero"><h1>Not here</h1><p>There is no page ${escape(pathname)}.</p></div>`,
          verdict,
        ),
      );
    const tiles =
      section.path === "/"
        ? sections
            .slice(1)
            .map(
              ({ path, title, lead }) =>
                `<a class="card tile" href="${path}"><strong>${title}</strong><span class="muted">${lead}</span></a>`,
            )
        : figures[section.path].map(
            ([name, value]) =>
              `<div class="card tile"><span class="figure">${value}</span><span class="muted">${name}</span></div>`,
          );
    sendPage(
      response,
      200,
      layout(
        pathname,
        `<div class="hero"><h1>${section.title}</h1><p>${section.lead}</p></div><div class="grid">${tiles.join("")}</div>`,
        verdict,
      ),
    );
  };

  function layout(path, body, verdict) {
    const nav = sections
      .map(
        (section) =>
          `<a href="${section.path}"${section.path === path ? ' aria-current="page"' : ""}>${section.title}</a>`,
      )
      .join("");
    const rows = Object.entries(verdict)
      .map(([name, value]) => `<dt>${escape(name)}</dt><dd class="mono">${escape(value)}</dd>`)
      .join("");
    return page(
      "Edgeward demo",
      `<a class="skip" href="#main">Skip to content</a><header class="top">${brand("Edgeward demo")}<nav aria-label="Pages">${nav}</nav></header>
      <main id="main">${body}<section class="card passport" aria-labelledby="passport"><h2 id="passport">What Edgeward told this page</h2>
      ${rows ? `<dl>${rows}</dl>` : '<p class="muted">Nothing: this request did not come through the worker.</p>'}
      <div class="actions"><a class="button" href="${escape(signIn(path))}">Sign in or out</a></div></section></main>`,
    );
  }
}

/** The result headers, without their common prefix. */
function results(request) {
  const prefix = "edgeward-";
  return Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => name.startsWith(prefix) && name !== "edgeward-signature")
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
