// The demo uses the packages that js/ has installed, and the package `edgeward` that is built there: one lock file.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(new URL("../js/package.json", import.meta.url));

/** Imports an installed package. */
export const load = (name) => import(pathToFileURL(require.resolve(name)).href);

/** Imports the package that is built in js/; it resolves by its own name there. */
export const importEdgeward = (entry = "edgeward") => load(entry);
