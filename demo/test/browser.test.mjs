// A person at a browser, against the real worker in workerd: challenged, verified, let in. And who is not.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../../scripts/browser.mjs";
import { placeFacts } from "../steps.mjs";
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

const systems = {
  windows: "Windows NT 10.0; Win64; x64",
  mac: "Macintosh; Intel Mac OS X 10_15_7",
  android: "Linux; Android 10; K",
};

/**
 * A browser with a person in front of it, so one that does not call itself headless; its client hints follow its user
 * agent. Without a `place` it is where everybody is.
 */
async function person(system = "windows", place) {
  const mobile = system === "android";
  const major = browser.version().split(".")[0];
  const context = await browser.newContext({
    userAgent: `Mozilla/5.0 (${systems[system]}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 ${mobile ? "Mobile " : ""}Safari/537.36`,
    isMobile: mobile,
    viewport: { width: 390, height: 800 },
    extraHTTPHeaders: place
      ? { "edgeward-demo-secret": world.secret, "edgeward-demo-facts": JSON.stringify(placeFacts({ place })) }
      : {},
  });
  return { context, page: await context.newPage() };
}
const signInAs = (page, name) => page.getByRole("button", { name: new RegExp(`^${name}`) }).click();
const passSecondFactor = async (page) =>
  page.getByRole("button", { name: await page.locator("[data-number]").textContent(), exact: true }).click();

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
  assert.match(told, /risk\s*none/);
  await page.goto(`${world.worker}/admin`);
  await page.getByRole("heading", { name: "Administration" }).waitFor();
  await context.close();
});

test("a private phone is let into finance once its device is reported, and not before", async () => {
  const { context, page } = await person("android");
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
  const { context, page } = await person();
  await page.goto(`${world.worker}/app`);
  await signInAs(page, "Targeted");
  await passSecondFactor(page);
  assert.equal(page.url(), `${world.worker}/app`);
  const cookies = await context.cookies();
  const thief = await person("mac", "data-centre");
  await thief.context.addCookies(cookies);
  const answer = await thief.page.goto(`${world.worker}/app`);
  assert.equal(answer.status(), 403);
  await context.close();
  await thief.context.close();
});

test("the application behind the worker believes nobody but the worker", async () => {
  const answer = await fetch(`${world.origin}/app`, {
    headers: { "edgeward-outcome": "allow", "edgeward-principal": "user-admin" },
  });
  assert.match(await answer.text(), /did not come through the worker/);
});
