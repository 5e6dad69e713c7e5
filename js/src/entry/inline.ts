// The module travels inside the package as text: works unconfigured in Node, browsers and every bundler.
import { initSync } from "../engine/engine.js";
import text from "../engine/inline.js";

const binary = atob(text);
const bytes = new Uint8Array(binary.length);
for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
initSync({ module: bytes });
