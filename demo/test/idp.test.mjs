import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve } from "../http.mjs";
import { createIdentityProvider } from "../idp.mjs";
import { load } from "../packages.mjs";

const { createRemoteJWKSet, jwtVerify } = await load("jose");
const application = "http://app.example";
const account = {
  id: "user-one",
  name: "One",
  about: "…",
  kind: "user",
  groups: ["staff"],
  roles: [],
  guestType: "none",
  device: { id: "laptop-1" },
};
const changes = [];
let provider, server, origin;

before(async () => {
  provider = await createIdentityProvider({
    directory: { accounts: [account] },
    audience: "test",
    binding: () => ({ asn: 64500 }),
    onChange: async (changed) => changes.push(changed),
  });
  ({ server, origin } = await serve(provider.handler, 18789));
  Object.assign(provider, { origin, returnOrigins: [application] });
});
after(() => server.close());

const at = (path, init = {}) => fetch(origin + path, { redirect: "manual", ...init });
const post = (path, fields, headers = {}) =>
  at(path, { method: "POST", headers: { origin, ...headers }, body: new URLSearchParams(fields) });
const tokenOf = (response) => /edgeward_session=([^;]+)/.exec(response.headers.get("set-cookie"))[1];
const claimsOf = async (token) =>
  (
    await jwtVerify(token, createRemoteJWKSet(new URL(`${origin}/.well-known/jwks.json`)), {
      issuer: origin,
      audience: "test",
    })
  ).payload;
const signIn = () => post("/sign-in", { account: "user-one", return_to: `${application}/app` });

/** The step-up form: its question, and the number that the authenticator shows. */
async function question(controls, cookie) {
  const page = await (
    await at(`/step-up?${new URLSearchParams({ return_to: `${application}/admin`, controls })}`, {
      headers: { cookie },
    })
  ).text();
  return {
    page,
    question: /name="question" value="([^"]+)"/.exec(page)?.[1],
    number: /data-number="(\d+)"/.exec(page)?.[1],
  };
}

test("signing in sets a token that the key set verifies, and goes back", async () => {
  const response = await signIn();
  assert.equal(response.status, 303);
  assert.equal(response.headers.get("location"), `${application}/app`);
  const claims = await claimsOf(tokenOf(response));
  assert.equal(claims.sub, "user-one");
  assert.deepEqual(claims.amr, ["pwd"]);
  assert.deepEqual(claims.groups, ["staff"]);
  assert.deepEqual(claims.binding, { asn: 64500 });
  assert.equal(typeof claims.sid, "string");
});

test("a second factor is added only with the number shown, and the session stays the same one", async () => {
  const token = tokenOf(await signIn());
  const cookie = `edgeward_session=${token}`;
  const first = await question("mfa", cookie);
  const wrong = await post(
    "/step-up",
    { question: first.question, number: Number(first.number) === 10 ? 11 : 10 },
    { cookie },
  );
  assert.equal(wrong.status, 200);
  assert.equal(wrong.headers.get("set-cookie"), null);
  assert.equal(
    (await post("/step-up", { question: first.question, number: first.number }, { cookie })).status,
    400,
    "a question is asked once",
  );
  const second = await question("mfa", cookie);
  const passed = await post("/step-up", { question: second.question, number: second.number }, { cookie });
  assert.equal(passed.headers.get("location"), `${application}/admin`);
  const [before, now] = [await claimsOf(token), await claimsOf(tokenOf(passed))];
  assert.ok(now.amr.includes("mfa") && now.amr.includes("pwd"));
  assert.equal(now.sid, before.sid);
  assert.equal(now.device.isCompliant, undefined, "nobody asked for the device");
});

test("a device becomes compliant only when that is asked for, and the scorer hears of it", async () => {
  const cookie = `edgeward_session=${tokenOf(await signIn())}`;
  const asked = await question("compliantDevice", cookie);
  assert.equal(asked.number, undefined, "no second factor was asked for");
  const passed = await post("/step-up", { question: asked.question }, { cookie });
  const claims = await claimsOf(tokenOf(passed));
  assert.equal(claims.device.isCompliant, true);
  assert.deepEqual(claims.amr, ["pwd"]);
  assert.equal(changes.at(-1).device.isCompliant, true);
});

test("who is not signed in signs in first and then comes to the step", async () => {
  const { page } = await question("mfa", "");
  const back = /name="return_to" value="([^"]+)"/.exec(page)[1].replaceAll("&#38;", "&");
  assert.ok(back.startsWith(`${origin}/step-up?`), back);
  assert.equal(new URL(back).searchParams.get("controls"), "mfa");
});

test("a question belongs to the one it was asked", async () => {
  const asked = await question("mfa", `edgeward_session=${tokenOf(await signIn())}`);
  assert.equal((await post("/step-up", { question: asked.question, number: asked.number })).status, 400);
});

test("nothing is done for a form of another site, or without saying which site", async () => {
  const fields = { account: "user-one", return_to: `${application}/app` };
  assert.equal((await post("/sign-in", fields, { origin: "http://evil.example" })).status, 403);
  assert.equal((await at("/sign-in", { method: "POST", body: new URLSearchParams(fields) })).status, 403);
});

test("the page sends nobody elsewhere", async () => {
  assert.equal((await post("/sign-in", { account: "user-one", return_to: "http://evil.example/" })).status, 400);
  assert.equal((await at("/step-up?return_to=http://evil.example/&controls=mfa")).status, 400);
});

test("what is written on the page can not become markup", async () => {
  const { page } = await question("<script>alert(1)</script>", `edgeward_session=${tokenOf(await signIn())}`);
  assert.ok(!page.includes("<script>"));
});

test("unknown pages, unknown accounts and endless forms are refused", async () => {
  assert.equal((await at("/nowhere")).status, 404);
  assert.equal((await post("/sign-in", { account: "nobody", return_to: application })).status, 400);
  assert.equal((await post("/sign-in", { account: "x".repeat(9000) })).status, 413);
});
