// The module travels inside the package as text: works unconfigured in Node, browsers and every bundler.
import { initSync } from "../engine/engine.js";
import text from "../engine/inline.js";
import { decodeBase64 } from "./decode.js";

initSync({ module: decodeBase64(text) });
