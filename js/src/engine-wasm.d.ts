declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** As Vercel's Edge runtime wants it named. */
declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
