export default {
  logLevel: "error",
  build: { outDir: "../out/vite", emptyOutDir: true, modulePreload: false, rollupOptions: { input: "main.js", output: { entryFileNames: "main.mjs" } } },
};
