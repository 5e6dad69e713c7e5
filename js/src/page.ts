/** The pages a person sees instead of the application. One file, no script, no other resource. */

export interface Page {
  title: string;
  text: string;
  supportCode: string;
  /** Where to go on, if anywhere. */
  link?: { label: string; href: string } | undefined;
}

/** Nothing but the page's own style may load or run. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = /* @__PURE__ */ `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6878;--paper:#f4f6f8;--card:#fff;--line:#dce2e9;--mark:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#9aa7b6;--paper:#10151b;--card:#181f28;--line:#2a3441;--mark:#f2867e}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:30rem;width:100%;padding:2rem;background:var(--card);border:1px solid var(--line);border-top:4px solid var(--mark);border-radius:.6rem}
h1{margin:0 0 .6rem;font-size:1.35rem;line-height:1.3}
p{margin:0 0 1rem;color:var(--soft)}
a{color:inherit}
dl{margin:1.4rem 0 0;padding-top:1.1rem;border-top:1px solid var(--line)}
dt{font-size:.8rem;color:var(--soft)}
dd{margin:.15rem 0 0;font:600 1.05rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
`.replaceAll("\n", "");

export function render({ title, text, supportCode, link }: Page): string {
  const way = link === undefined ? "" : `<p><a href="${escape(link.href)}">${escape(link.label)}</a></p>`;
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">` +
    `<title>${escape(title)}</title><style>${STYLE}</style></head><body><main>` +
    `<h1>${escape(title)}</h1><p>${escape(text)}</p>${way}` +
    `<dl><dt>Support code</dt><dd>${escape(supportCode)}</dd></dl></main></body></html>`
  );
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
