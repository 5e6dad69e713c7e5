// Lines for people.
import { policies } from "../demo/steps.mjs";

const plain = !process.stdout.isTTY || process.env.NO_COLOR;
const paint = (code) => (text) => (plain ? text : `\u001b[${code}m${text}\u001b[0m`);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
const tones = { allow: paint(32), challenge: paint(33), block: red };

const nameOf = new Map(policies.map((policy) => [policy.id, policy.displayName]));

/** Where nobody says how wide the terminal is, as in a log file. */
const usualWidth = 132;
const narrow = 116;
const pad = (text, width) => (text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width));

/** One replayed request on one line, or on two where the terminal is narrow; what is wrong follows on lines of its own. */
export function replayLine({ step, decision, milliseconds, wrong }) {
  const columns = process.stdout.columns || usualWidth;
  const what = `${step.who}: ${step.what}`;
  const outcome = decision?.outcome ?? "none";
  const verdict = (tones[outcome] ?? red)(outcome.padEnd(9));
  const cost = `${scorerPart(decision).padEnd(9)} ${milliseconds.toFixed(1).padStart(6)} ms`;
  const lines =
    columns < narrow
      ? [` ${verdict} ${pad(what, columns - 13)}`, dim(`           ${pad(reason(decision), columns - 34)} ${cost}`)]
      : [` ${pad(what, 51)} ${verdict} ${pad(reason(decision), columns - 86)} ${dim(cost)}`];
  return [...lines, ...wrong.map((difference) => red(`      WRONG: ${difference}`))].join("\n");
}

function scorerPart(decision) {
  if (!decision) return "";
  return decision.asked.length === 0 ? "local" : decision.outage ? "no answer" : "asked";
}

function reason(decision) {
  if (!decision) return "";
  const [first, ...more] = decision.reasons.map(({ policy, text }) => nameOf.get(policy) ?? text);
  const reported = decision.policies
    .filter(({ result }) => /^reportOnly(Failure|Interrupted)$/.test(result))
    .map(({ id }) => nameOf.get(id));
  return [
    decision.controls.length > 0 ? `${decision.controls.join(" + ")} · ` : "",
    decision.outcome === "allow" ? decision.reasons[0].text : first,
    more.length > 0 && decision.outcome !== "allow" ? `, and ${more.length} more` : "",
    ...reported.map((name) => ` ${name}`),
  ].join("");
}

/** Does `work`, and says what it is and how long it took. */
export async function step(title, work) {
  const started = performance.now();
  process.stdout.write(`  ${title} … `);
  try {
    const result = await work();
    console.log(dim(`${((performance.now() - started) / 1000).toFixed(1)} s`));
    return result;
  } catch (error) {
    console.log(red("failed"));
    throw error;
  }
}
