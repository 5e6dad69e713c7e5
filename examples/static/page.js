import { Engine, initialize, pageRequest } from "./edgeward.js";

initialize(await WebAssembly.compileStreaming(fetch("engine.wasm")));
const engine = new Engine({ allowUnsigned: true });
engine.load(await (await fetch("bundle.json")).text());

const path = document.getElementById("path");
function decide() {
  const request = pageRequest(new URL(path.value, location.href).href, navigator);
  const decision = engine.evaluate({ ...request, time: Date.now(), principal: { kind: "anonymous" } });
  document.getElementById("outcome").textContent = decision.outcome;
  document.getElementById("decision").textContent = JSON.stringify(decision, undefined, 2);
}
path.addEventListener("change", decide);
decide();
