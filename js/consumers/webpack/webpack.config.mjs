import { fileURLToPath } from "node:url";

const path = fileURLToPath(new URL("../out/webpack", import.meta.url));
const common = { mode: "production", context: import.meta.dirname, entry: "./main.js", performance: false };

export default [
  { ...common, target: "web", output: { path, filename: "web.cjs" } },
  { ...common, target: "node", output: { path, filename: "node.cjs" } },
];
