// Builds elements: no templates from strings, so nothing that was typed can become markup.

/** An element. Properties that start with `on` listen; others are attributes; null and false leave one out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

const acronyms = new Set(["ai", "asn", "ip", "ja4", "mfa", "tls"]);

/** A name of the engine's vocabulary as words: `sessionAsn` is "session ASN". Microsoft's prefixes and slips go. */
export const words = (name) =>
  name
    .replace(/^mcas/, "")
    .replace("attackerin", "attackerIn")
    .replace("Signins", "SignIns")
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(" ")
    .map((word) => (acronyms.has(word) ? word.toUpperCase() : word))
    .join(" ");
