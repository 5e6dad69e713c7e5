// A small identity provider: pick an account to sign in, pass what a policy asks for, go back with a better token.
// It is real where Edgeward meets it (signed tokens, a key set, a step-up address) and plays only the person's part:
// there are no passwords, and the second factor is a number on the same page.
import { randomInt, randomUUID } from "node:crypto";
import { brand, escape, page, readForm, sendJson, sendPage, sendStyle } from "./http.mjs";
import { safeReturn } from "./return-to.mjs";
import { createIssuer } from "./tokens.mjs";

const pendingLimit = 1000;
const cookieName = "edgeward_session";

/**
 * `directory` is directory.json; `binding(request)` says where and with what client a session is minted;
 * `onChange(account)` hears when the directory learns something (a device became compliant).
 * `origin` and `returnOrigins` are set once the ports are known.
 */
export async function createIdentityProvider({ directory, audience, binding, onChange = async () => {} }) {
  const issuer = await createIssuer(audience);
  const pending = new Map();
  const people = directory.accounts.filter((account) => account.kind === "user");
  const provider = {
    origin: "",
    returnOrigins: [],
    issue: (account, session, now) => issuer.issue(provider.origin, account, session, now),
    handler,
  };

  async function handler(request, response) {
    const url = new URL(request.url, provider.origin);
    if (sendStyle(response, url.pathname)) return;
    if (url.pathname === "/.well-known/jwks.json")
      return sendJson(response, 200, issuer.jwks, { "cache-control": "max-age=300" });
    const route = routes[`${request.method} ${url.pathname}`];
    if (!route) return refuse(response, 404, "There is no such page.");
    let fields = url.searchParams;
    if (request.method === "POST") {
      // Another site must not sign a person in or out: browsers send Origin with every form they post.
      if (request.headers.origin !== provider.origin)
        return refuse(response, 403, "This form was sent from another site.");
      fields = await readForm(request);
      if (!fields) return refuse(response, 413, "This form is too long.");
    }
    const back = safeReturn(fields.get("return_to") ?? provider.returnOrigins[0], [
      ...provider.returnOrigins,
      provider.origin,
    ]);
    if (!back) return refuse(response, 400, "This sign-in page only sends people back to the demo application.");
    await route({ request, response, fields, back, claims: await signedIn(request) });
  }

  const routes = {
    "GET /": ({ response, back }) => redirect(response, `/sign-in?${new URLSearchParams({ return_to: back })}`),
    "GET /sign-in": ({ response, back, claims }) => sendPage(response, 200, signInPage(back, claims)),
    "POST /sign-in": signIn,
    "GET /step-up": stepUp,
    "POST /step-up": passStepUp,
    "POST /sign-out": ({ response, back }) =>
      redirect(response, back, { "set-cookie": `${cookieName}=; ${cookieFlags}; Max-Age=0` }),
  };

  async function signIn({ request, response, fields, back }) {
    const account = people.find((candidate) => candidate.id === fields.get("account"));
    if (!account) return refuse(response, 400, "There is no such account.");
    await begin(response, back, account, { binding: binding(request) });
  }

  function stepUp({ response, fields, back, claims }) {
    const controls = (fields.get("controls") ?? "").split(/[\s,]+/).filter(Boolean);
    const account = people.find((candidate) => candidate.id === claims?.sub);
    // Who is not signed in signs in first, and is then asked for what the policy wants.
    if (!account) return sendPage(response, 200, signInPage(`${provider.origin}/step-up?${fields}`, null));
    // Whoever opens this page again and again must not fill the memory: the oldest question is forgotten.
    if (pending.size >= pendingLimit) pending.delete(pending.keys().next().value);
    const number = randomInt(10, 99);
    const question = randomUUID();
    pending.set(question, { account, controls, number, back, support: fields.get("support_code") });
    sendPage(response, 200, stepUpPage(account, question, pending.get(question)));
  }

  async function passStepUp({ request, response, fields, claims }) {
    const asked = pending.get(fields.get("question"));
    pending.delete(fields.get("question"));
    if (!asked || asked.account.id !== claims?.sub)
      return refuse(response, 400, "This step was already taken. Go back to the application and try again.");
    const second = needsSecondFactor(asked.controls);
    if (second && Number(fields.get("number")) !== asked.number) {
      const again = randomUUID();
      pending.set(again, { ...asked, number: randomInt(10, 99) });
      return sendPage(
        response,
        200,
        stepUpPage(asked.account, again, pending.get(again), "That was not the number shown. Here is a new one."),
      );
    }
    let { account } = asked;
    if (asked.controls.some(isDeviceControl)) {
      account.device = {
        ...account.device,
        id: account.device.id ?? randomUUID(),
        isCompliant: true,
        trustType: "AzureAD",
      };
      await onChange(account);
    }
    const amr = new Set([...(claims.amr ?? []), ...(second ? ["mfa", "otp"] : [])]);
    await begin(response, asked.back, account, { sid: claims.sid, amr: [...amr], binding: binding(request) });
  }

  async function begin(response, back, account, session) {
    const token = await provider.issue(account, session);
    redirect(response, back, { "set-cookie": `${cookieName}=${token}; ${cookieFlags}` });
  }

  const signedIn = (request) => {
    const token = /(?:^|;\s*)edgeward_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
    return token ? issuer.read(provider.origin, token) : null;
  };

  function signInPage(back, claims) {
    const rows = people.map(
      (account) => `<li><button name="account" value="${escape(account.id)}">
      <span class="face" aria-hidden="true">${escape(account.name[0])}</span>
      <span><strong>${escape(account.name)}</strong><span class="muted small">${escape(account.about)}</span></span></button></li>`,
    );
    return page(
      "Sign in",
      `<main class="narrow">${brand("Edgeward demo", provider.returnOrigins[0])}
      <div class="card"><h1>Sign in</h1><p class="muted">Who are you today? This demo asks for no password.</p>
      <form method="post" action="/sign-in"><input type="hidden" name="return_to" value="${escape(back)}"><ul class="accounts">${rows.join("")}</ul></form>
      ${claims ? `<form method="post" action="/sign-out" class="actions"><input type="hidden" name="return_to" value="${escape(back)}"><button class="button quiet">Sign out ${escape(claims.sub)}</button></form>` : ""}</div></main>`,
    );
  }

  function stepUpPage(account, question, { controls, number, back, support }, warning = "") {
    const asks = [];
    const second = needsSecondFactor(controls);
    if (second) {
      const others = new Set([number]);
      while (others.size < 3) others.add(randomInt(10, 99));
      const buttons = [...others]
        .sort((a, b) => a - b)
        .map((n) => `<button class="button" name="number" value="${n}">${n}</button>`);
      asks.push(`<li><strong>A second factor</strong><p class="muted">Your authenticator shows</p>
        <output class="number" data-number="${number}">${number}</output><p class="muted">Which number is it?</p><div class="choices">${buttons.join("")}</div></li>`);
    }
    if (controls.some(isDeviceControl)) {
      asks.push(
        `<li><strong>A compliant device</strong><p class="muted">The demo's device management will report this device as managed and compliant.</p></li>`,
      );
    }
    const submit = second
      ? ""
      : `<button class="button primary">${asks.length ? "Report my device" : "Sign in again"}</button>`;
    return page(
      "One more step",
      `<main class="narrow">${brand("Edgeward demo", provider.returnOrigins[0])}
      <div class="card"><span class="tag challenge">${escape(controls.join(" + ") || "signInFrequency")}</span>
      <h1>One more step, ${escape(account.name)}</h1><p class="muted">A policy asks for this before <code>${escape(new URL(back).pathname)}</code> opens.</p>
      ${warning && `<p class="warn" role="alert">${escape(warning)}</p>`}
      <form method="post" action="/step-up"><input type="hidden" name="question" value="${question}">
      <ul class="asks">${asks.join("")}</ul><div class="actions">${submit}</div></form>
      ${support ? `<p class="note">Support code <code>${escape(support)}</code></p>` : ""}</div></main>`,
    );
  }

  return provider;
}

// No `Secure`: the demo runs on http://127.0.0.1. Anything that is not a demo sets it.
const cookieFlags = "Path=/; HttpOnly; SameSite=Lax";
const isDeviceControl = (control) => /^(compliant|domainJoined)Device$/.test(control);
const needsSecondFactor = (controls) =>
  controls.some((control) => !isDeviceControl(control) && control !== "signInFrequency");

function refuse(response, status, text) {
  sendPage(
    response,
    status,
    page(
      "Not possible",
      `<main class="narrow"><div class="card"><h1>That did not work</h1><p class="muted">${escape(text)}</p></div></main>`,
    ),
  );
}

function redirect(response, location, headers = {}) {
  response.writeHead(303, { location, "cache-control": "no-store", ...headers });
  response.end();
}
