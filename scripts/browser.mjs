// Finds a Chromium and starts it headless for the page tests. Run directly, it prints the path.
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Path of the browser: `CHROMIUM` if set, else the first of the usual names on the path. */
export function browserPath() {
  const candidates = process.env.CHROMIUM
    ? [process.env.CHROMIUM]
    : names.flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((dir) => join(dir, name)));
  const found = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found)
    throw new Error(`no browser found; looked for ${candidates.length > 1 ? names.join(", ") : candidates[0]}`);
  return found;
}

/** Starts a headless browser. Containers have no user namespaces and a small /dev/shm, hence the flags. */
export async function launchBrowser() {
  const require = createRequire(new URL("../js/package.json", import.meta.url));
  const { chromium } = require("playwright-core");
  return chromium.launch({
    executablePath: browserPath(),
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.log(browserPath());
