// Lets esbuild resolve `edgeward/…` as if the package in js/ were installed here.
import { fileURLToPath } from "node:url";

const packageRoot = fileURLToPath(new URL("../js", import.meta.url));

export const edgewardPackage = {
  name: "edgeward",
  setup(build) {
    build.onResolve({ filter: /^edgeward(\/|$)/ }, ({ path, kind, pluginData }) =>
      pluginData === "self" ? undefined : build.resolve(path, { kind, resolveDir: packageRoot, pluginData: "self" }),
    );
  },
};
