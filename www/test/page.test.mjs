// The demo page in a real browser, on a phone and on a desktop: what a person does, and what they then read.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { serve } from "../../demo/http.mjs";
import { launchBrowser } from "../../scripts/browser.mjs";
import { handler } from "../serve.mjs";

let browser, server, origin;
before(async () => {
  ({ server, origin } = await serve(handler, 18791));
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  server?.close();
});

const sizes = { phone: { width: 360, height: 740 }, desktop: { width: 1360, height: 900 } };

for (const [size, viewport] of Object.entries(sizes)) {
  describe(`on a ${size}`, () => {
    let page, context;
    const elsewhere = [];
    const errors = [];
    before(async () => {
      context = await browser.newContext({ viewport, hasTouch: size === "phone", isMobile: size === "phone" });
      context.setDefaultTimeout(10_000);
      page = await context.newPage();
      page.on("request", (request) => request.url().startsWith(origin) || elsewhere.push(request.url()));
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(origin);
      await page.getByTestId("outcome").waitFor();
    });
    after(() => context?.close());

    const outcome = () => page.getByTestId("outcome").textContent();
    const choose = (what) => page.locator(".preset", { hasText: what }).click();
    const open = async (section) => {
      const details = page.locator("#request > details", { hasText: section }).first();
      if (!(await details.evaluate((element) => element.open))) await details.locator("summary").click();
    };
    const policy = async (name) => {
      const details = page.locator(".policy-list details", { hasText: name });
      if (!(await details.evaluate((element) => element.open))) await details.locator("summary").click();
      return details;
    };

    test("the first request is decided as soon as the page is there", async () => {
      assert.equal(await outcome(), "Allow");
    });

    test("a decision takes some time, however coarse the clock", async () => {
      const elapsed = page.locator("#elapsed", { hasText: "µs" });
      await elapsed.waitFor();
      assert.ok(Number.parseFloat(await elapsed.textContent()) > 0);
    });

    test("every preset is decided, and its contributions add up to its score", async () => {
      const number = (text) => Number(text.replace("\u2212", "-"));
      for (const preset of await page.locator(".preset").all()) {
        await preset.click();
        const points = (await page.locator("#risk tbody .points").allTextContents()).map(number);
        assert.equal(
          points.reduce((sum, one) => sum + one, 0),
          number(await page.getByTestId("score").textContent()),
          await preset.textContent(),
        );
      }
    });

    test("a crawler is stopped by the policy that says so", async () => {
      await choose("tries the workspace");
      assert.equal(await outcome(), "Block");
      assert.match(await page.locator("#reasons").textContent(), /No AI crawlers/);
      assert.match(await page.locator("#agent").textContent(), /GPTBot.*OpenAI/);
    });

    test("who is calling has a browser, a platform and a kind of device", async () => {
      await choose("Chrome on Windows");
      assert.match(await page.locator("#agent").textContent(), /Chrome \d+.*windows.*Device kind.*desktop/is);
    });

    test("typing another user agent changes who is calling, at once", async () => {
      await choose("Chrome on Windows");
      await open("Client");
      await page.getByLabel("User agent").fill("sqlmap/1.9.4#stable (https://sqlmap.org)");
      assert.equal(await outcome(), "Block");
      assert.match(await page.locator("#agent").textContent(), /attack tool/);
      assert.match(await page.locator("#detections").textContent(), /attack tool.*Innocent causes: Security tests/is);
      assert.match(await page.locator("#risk").textContent(), /The client is an attack tool\./);
    });

    test("forgetting a fact makes it unknown, and the page says what would be asked", async () => {
      await choose("is the user at risk");
      assert.equal(await outcome(), "Ask the scorer");
      assert.deepEqual(await page.locator(".need label").allTextContents(), ["userRisk"]);
      await open("Device");
      await page.getByLabel("Compliant", { exact: true }).selectOption({ label: "unknown" });
      const needs = await page.locator(".need label").allTextContents();
      assert.ok(needs.includes("device.isCompliant") && needs.includes("userRisk"), needs.join());
    });

    test("answering as the scorer settles it; so does no answer, by the policy's own rule", async () => {
      await choose("is the user at risk");
      await page.getByRole("radio", { name: "Answer", exact: true }).check();
      assert.equal(await outcome(), "Allow");
      await page.getByLabel("userRisk").selectOption("high");
      assert.equal(await outcome(), "Block");
      await page.getByRole("radio", { name: "No answer", exact: true }).check();
      assert.equal(await outcome(), "Block", "the finance policy wants no resilience");
      await page.getByRole("radio", { name: "Ask", exact: true }).check();
      assert.equal(await outcome(), "Ask the scorer");
    });

    test("a policy switched off no longer counts; starting over brings it back", async () => {
      await choose("tries the workspace");
      const crawlers = await policy("No AI crawlers");
      await crawlers.getByLabel("State").selectOption("disabled");
      assert.notEqual((await page.locator("#reasons").textContent()).includes("No AI crawlers"), true);
      await page.getByRole("button", { name: "Start over" }).click();
      assert.match(await page.locator("#reasons").textContent(), /No AI crawlers/);
    });

    test("a mistake in a policy is shown with its path, and the last good policies stay at work", async () => {
      await choose("tries the workspace");
      const crawlers = await policy("No AI crawlers");
      const area = crawlers.getByLabel("Policy as JSON");
      const good = await area.inputValue();
      await area.fill(good.replace("aiBot", "aiBoat"));
      assert.match(
        await crawlers.locator(".issue-error").textContent(),
        /policies\[\d+\]\.conditions\.edge\.agentClasses/,
      );
      assert.equal(await outcome(), "Block");
      await area.fill("{ not json");
      assert.match(await crawlers.locator(".issue-error").textContent(), /not JSON yet/);
      await area.fill(good);
      assert.equal(await crawlers.locator(".issue-error").count(), 0);
    });

    test("a policy can be added, and blocks what it says", async () => {
      await choose("Chrome on Windows");
      await open("Client");
      await page.getByLabel("User agent").fill("curl/8.14.1");
      await page.getByRole("button", { name: "Add a policy" }).click();
      assert.match(await page.locator("#reasons").textContent(), /My own policy/);
      await page.getByRole("button", { name: "Start over" }).click();
    });

    test("the request as JSON and the fields are the same thing", async () => {
      await choose("Chrome on Windows");
      await open("All of it");
      const area = page.getByLabel("Request", { exact: true });
      const request = JSON.parse(await area.inputValue());
      request.client.country = "JP";
      await area.fill(JSON.stringify(request));
      await open("Place");
      assert.equal(await page.getByLabel("Country", { exact: true }).inputValue(), "JP");
      await area.fill("[1]");
      assert.match(await page.locator("#request-json-error").textContent(), /an object/);
    });

    test("a request that the engine refuses is said to be so, and the page lives on", async () => {
      await choose("Chrome on Windows");
      await open("Place");
      await page.getByLabel("Address", { exact: true }).fill("not an address");
      assert.match(await page.locator("#problem").textContent(), /not an IP address/);
      await page.getByLabel("Address", { exact: true }).fill("192.0.2.1");
      assert.equal(await page.locator("#problem").isHidden(), true);
    });

    test("everything can be reached and named without a mouse", async () => {
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll("input, select, textarea, button, summary, a[href]")]
          .filter(
            (element) => !(element.labels?.length || element.getAttribute("aria-label") || element.textContent.trim()),
          )
          .map((element) => element.outerHTML.slice(0, 90)),
      );
      assert.deepEqual(unnamed, []);
      await page.locator("body").press("Home");
      await page.keyboard.press("Tab");
      const skip = await page.evaluate(() =>
        document.activeElement.matches("a, button, input, select, textarea, summary, [tabindex]"),
      );
      assert.ok(skip);
      await choose("Chrome on Windows");
      await page.locator(".preset").first().focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      assert.equal(await page.locator(".preset").nth(1).getAttribute("aria-pressed"), "true");
    });

    test("nothing is cut off or scrolls sideways", async () => {
      assert.ok(
        await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth),
      );
    });

    test("it asked nobody else for anything, and nothing went wrong", () => {
      assert.deepEqual(elsewhere, []);
      assert.deepEqual(errors, []);
    });
  });
}

test("text and background differ enough in light and dark (WCAG 2.2 AA)", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: sizes.desktop, colorScheme });
    const page = await context.newPage();
    await page.goto(origin);
    await page.getByTestId("outcome").waitFor();
    for (const preset of [
      "Chrome on Windows",
      "from home, password only",
      "tries the workspace",
      "is the user at risk",
    ]) {
      await page.locator(".preset", { hasText: preset }).click();
      const weak = await page.evaluate(weakContrasts);
      assert.deepEqual(weak, [], `${colorScheme}, ${preset}`);
    }
    await context.close();
  }
});

/** Runs in the page: visible texts whose contrast with what is behind them is below 4.5, or 3 where they are large. */
function weakContrasts() {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const over = (colors) => {
    canvas.fillStyle = "#fff";
    canvas.fillRect(0, 0, 1, 1);
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) =>
    rgb
      .map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    const colors = [];
    for (let node = element; node; node = node.parentElement) colors.unshift(getComputedStyle(node).backgroundColor);
    return colors;
  };
  const weak = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (
      !walker.currentNode.textContent.trim() ||
      !element.checkVisibility({ opacityProperty: true }) ||
      element.closest(":disabled, .visually-hidden, .skip")
    )
      continue;
    const style = getComputedStyle(element);
    const colors = behind(element);
    const [a, b] = [luminance(over(colors)), luminance(over([...colors, style.color]))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5))
      weak.push(
        `${contrast.toFixed(2)} ${element.className || element.tagName} "${walker.currentNode.textContent.trim().slice(0, 30)}"`,
      );
  }
  return weak;
}
