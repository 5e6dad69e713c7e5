import "edgeward";
import { glue } from "#engine";

/** Decides every case of a corpus and answers the decisions as the module wrote them, one a line. */
export function decideAll(bundle: string, cases: string): string {
  const module = new glue.Engine('{"allowUnsigned":true}');
  module.load(bundle, undefined);
  return cases
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const one = JSON.parse(line) as { request: unknown; answer?: unknown; outage?: boolean };
      const request = JSON.stringify(one.request);
      if (one.answer !== undefined) return `${module.ask(glue.Question.Resume, request, JSON.stringify(one.answer))}\n`;
      return `${module.ask(one.outage === true ? glue.Question.Resume : glue.Question.Evaluate, request)}\n`;
    })
    .join("");
}
