// Reads where Cloudflare's data centres are from Cloudflare itself, for a person to look the difference over:
//
//   node js/scripts/refresh-colos.mjs && git diff js/src/adapters/workers/colos.json

import { readFileSync, writeFileSync } from "node:fs";

const SOURCE = "https://speed.cloudflare.com/locations";
const file = new URL("../src/adapters/workers/colos.json", import.meta.url);

const response = await fetch(SOURCE, { signal: AbortSignal.timeout(30_000) });
if (!response.ok) throw new Error(`${SOURCE} answered ${response.status}`);
const tenth = (degrees) => Math.round(degrees * 10) / 10;
const places = (await response.json())
  .map(({ iata, lat, lon }) => [iata, tenth(lat), tenth(lon)])
  .sort(([one], [other]) => (one < other ? -1 : 1));
for (const [code, latitude, longitude] of places) {
  if (!/^[A-Z]{3}$/.test(code) || !(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) {
    throw new Error(`${SOURCE}: \`${code}\` at ${latitude}, ${longitude} is no place`);
  }
}
const { notes } = JSON.parse(readFileSync(file, "utf8"));
notes[1] = `Source: ${SOURCE}, read on ${new Date().toISOString().slice(0, 10)}.`;
const lines = (list) => list.map((line) => `    ${line}`).join(",\n");
const told = lines(notes.map((note) => JSON.stringify(note)));
const placed = lines(places.map(([code, latitude, longitude]) => `"${code}": [${latitude}, ${longitude}]`));
writeFileSync(file, `{\n  "notes": [\n${told}\n  ],\n  "places": {\n${placed}\n  }\n}\n`);
console.log(`${places.length} data centres`);
