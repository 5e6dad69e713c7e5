// A person at a browser, against the real worker in workerd: challenged, verified, let in. And who is not.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../../scripts/browser.mjs";
import { clients, placeFacts } from "../steps.mjs";
import { startWorld } from "../world.mjs";

const stops = [];
let world, browser;
before(async () => {
  browser = await launchBrowser();
  world = await startWorld({
    step: (_, work) => work(),
    onStart: (stop) => stops.push(stop),
    busy: () => {},
    directory: fileURLToPath(new URL("../../target/test/browser", import.meta.url)),
  });
});
after(async () => {
  await browser?.close();
  for (const stop of stops.reverse()) await stop();
});

/**
 * A browser with a person in front of it: what runs here is headless, and Edgeward would rightly say so. Without a
 * `place` it is where everybody is.
 */
async function person(client = "firefox-windows", place) {
  const { "user-agent": userAgent } = clients[client];
  const context = await browser.newContext({ userAgent, viewport: { width: 390, height: 800 } });
  const page = await context.newPage();
  await page.route("**", (route) => {
    const headers = Object.fromEntries(Object.entries(route.request().headers()).filter(([name]) => !name.startsWith("sec-ch-ua")));
    if (place) Object.assign(headers, { "edgeward-demo-secret": world.secret, "edgeward-demo-facts": JSON.stringify(placeFacts({ place })) });
    return route.continue({ headers });
  });
  return { context, page };
}
const signInAs = (page, name) => page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
const passSecondFactor = async (page) => page.getByRole("button", { name: await page.locator("[data-number]").textContent(), exact: true }).click();

test("a person is asked to sign in and for a second factor, and then sees the page they wanted", async () => {
  const { context, page } = await person();
  await page.goto(`${world.worker}/app`);
  assert.ok(page.url().startsWith(`${world.idp}/step-up`), page.url());
  await signInAs(page, "Office");
  assert.ok(page.url().startsWith(`${world.idp}/step-up`), "the password alone does not do outside the office");
  await passSecondFactor(page);
  assert.equal(page.url(), `${world.worker}/app`);
  await page.getByRole("heading", { name: "Workspace" }).waitFor();
  const told = await page.locator(".passport dl").textContent();
  assert.match(told, /outcome\s*allow/);
  assert.match(told, /principal\s*user-office/);
  await page.goto(`${world.worker}/admin`);
  await page.getByRole("heading", { name: "Administration" }).waitFor();
  await context.close();
});

test("a private phone is let into finance once its device is reported, and not before", async () => {
  const { context, page } = await person("safari-iphone");
  await page.goto(`${world.worker}/app`);
  await signInAs(page, "Phone");
  await passSecondFactor(page);
  await page.goto(`${world.worker}/finance`);
  assert.ok(page.url().startsWith(`${world.idp}/step-up`), page.url());
  assert.equal(await page.locator("[data-number]").count(), 0, "the second factor was done already");
  await page.getByRole("button", { name: "Report my device" }).click();
  assert.equal(page.url(), `${world.worker}/finance`);
  await page.getByRole("heading", { name: "Finance" }).waitFor();
  await context.close();
});

test("who signs out is asked again", async () => {
  const { context, page } = await person();
  await page.goto(`${world.worker}/app`);
  await signInAs(page, "Office");
  await passSecondFactor(page);
  await page.getByRole("link", { name: "Sign in or out" }).click();
  await page.getByRole("button", { name: /Sign out/ }).click();
  assert.ok(page.url().startsWith(world.idp), `back at the page they left, and challenged: ${page.url()}`);
  await context.close();
});

test("a headless browser gets a page that says no, with a support code, and no way to sign in", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const response = await page.goto(`${world.worker}/app`);
  assert.equal(response.status(), 403);
  assert.equal(page.url(), `${world.worker}/app`);
  assert.match(await page.locator("dd").textContent(), /\S{6,}/);
  await context.close();
});

test("a cookie that is carried to another browser in another network opens nothing", async () => {
  const { context, page } = await person("firefox-windows");
  await page.goto(`${world.worker}/app`);
  await signInAs(page, "Targeted");
  await passSecondFactor(page);
  assert.equal(page.url(), `${world.worker}/app`);
  const cookies = await context.cookies();
  const thief = await person("safari-mac", "data-centre");
  await thief.context.addCookies(cookies);
  const answer = await thief.page.goto(`${world.worker}/app`);
  assert.equal(answer.status(), 403);
  await context.close();
  await thief.context.close();
});

test("the application behind the worker believes nobody but the worker", async () => {
  const answer = await fetch(`${world.origin}/app`, { headers: { "edgeward-outcome": "allow", "edgeward-principal": "user-admin" } });
  assert.match(await answer.text(), /did not come through the worker/);
});
