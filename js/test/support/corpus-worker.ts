import { decideAll } from "./corpus.js";

export default {
  async fetch(request: Request): Promise<Response> {
    const { bundle, cases } = (await request.json()) as { bundle: string; cases: string };
    return new Response(decideAll(bundle, cases));
  },
};
