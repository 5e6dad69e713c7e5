// Ties the page together: a request and a set of policies go in, a decision comes out, at every keystroke.
import { askView } from "./ask-view.mjs";
import { byId, h } from "./dom.mjs";
import { openEngine } from "./engine.mjs";
import { policyEditor } from "./policy-editor.mjs";
import { requestForm } from "./request-form.mjs";
import { showDecision } from "./result-view.mjs";

const read = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
};

async function start() {
  const [engine, { policies, namedLocations }, presets, sentences, meanings] = await Promise.all([
    openEngine(),
    read("dist/bundle.json"),
    read("dist/presets.json"),
    read("dist/words.json"),
    read("dist/detections.json"),
  ]);
  const told = {
    say: ({ signal, bin }) => sentences[signal]?.[bin],
    meaning: ({ type }) => meanings[type],
  };
  let request;
  let editor = { mark() {}, nameOf: (id) => id };
  const ask = askView(decide);

  function decide() {
    if (!request) return;
    clearTimeout(timer);
    try {
      const first = engine.evaluate(request);
      const decision =
        first.outcome !== "defer" || ask.mode === "ask"
          ? first
          : engine.resume(request, ask.mode === "answer" ? ask.answer() : undefined);
      showDecision(decision, engine.explain(request), editor.nameOf, told);
      timeSoon(() => engine.evaluate(request));
      ask.show(
        first.outcome === "defer" ? first.needs : [],
        first.outcome === "defer" ? engine.assessment(request) : null,
      );
      byId("versions").textContent = `engine ${decision.versions.engine} · model ${decision.versions.model}`;
      editor.mark(decision.policies);
      complain();
    } catch (error) {
      complain(error);
    }
  }

  const show = requestForm(byId("request"), (edited) => {
    request = edited;
    for (const other of byId("presets").querySelectorAll("[aria-pressed=true]"))
      other.setAttribute("aria-pressed", "false");
    decide();
  });
  const choose = (preset, button) => {
    request = { ...preset.request, time: Date.now() };
    for (const [path, minutes] of Object.entries(preset.minutesAgo ?? {}))
      request.session[path] = request.time - minutes * 60_000;
    ask.reset(preset.answer);
    show(request);
    decide();
    for (const other of byId("presets").querySelectorAll("button"))
      other.setAttribute("aria-pressed", String(other === button));
  };
  const buttons = presets.map((preset) => {
    const button = h(
      "button",
      { type: "button", class: "preset", "aria-pressed": "false", onclick: () => choose(preset, button) },
      h("strong", {}, preset.who),
      h("span", { class: "muted small" }, preset.what),
    );
    return button;
  });
  byId("presets").replaceChildren(...buttons.map((button) => h("li", {}, button)));

  editor = policyEditor(byId("policies"), policies, (edited) => {
    const issues = engine.load(edited, namedLocations);
    decide();
    return issues;
  });
  choose(presets[0], buttons[0]);
}

let timer;

/**
 * Shows how long a decision takes here, once nobody types: the quickest of many batches, because a browser compiles the
 * module better the more it runs, and whatever else the machine does is not the engine's time.
 */
function timeSoon(decideOnce) {
  timer = setTimeout(() => {
    // A page's clock goes in steps of a tenth of a millisecond: a batch has to last for many.
    const [batchMs, budgetMs] = [4, 40];
    const started = performance.now();
    let best = Infinity;
    for (let before = started, batch = 20; best === Infinity || before - started < budgetMs;) {
      for (let run = 0; run < batch; run++) decideOnce();
      const now = performance.now();
      if (now - before < batchMs) batch *= 2;
      else best = Math.min(best, ((now - before) * 1000) / batch);
      before = now;
    }
    byId("elapsed").textContent = `${best < 10 ? best.toFixed(1) : Math.round(best)} µs`;
  }, 250);
}

function complain(error) {
  byId("problem").hidden = !error;
  byId("problem").textContent = error ? `The engine could not decide this: ${error.message}` : "";
}

byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

start().catch(complain);
