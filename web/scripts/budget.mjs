// What the build weighs, compressed with gzip: at most 200 kB to start, at most 100 kB for any part loaded later.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const ENTRY = 200_000;
const PART = 100_000;

const assets = new URL("../../orchestrator/api/static/assets/", import.meta.url);
const page = readFileSync(new URL("../index.html", assets), "utf8");
const first = new Set([...page.matchAll(/assets\/([\w.-]+\.js)/g)].map((match) => match[1]));

const weighed = readdirSync(fileURLToPath(assets))
  .filter((name) => /\.(js|css)$/.test(name))
  .map((name) => ({ name, bytes: gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length }))
  .sort((a, b) => b.bytes - a.bytes);

const scripts = weighed.filter(({ name }) => name.endsWith(".js"));
const entry = scripts.filter(({ name }) => first.has(name)).reduce((sum, { bytes }) => sum + bytes, 0);
const heavy = scripts.filter(({ name, bytes }) => !first.has(name) && bytes > PART);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const largest = scripts.find(({ name }) => !first.has(name));

console.log(`Entry: ${kilobytes(entry)} of ${kilobytes(ENTRY)}. Styles: ${kilobytes(weighed.filter(({ name }) => name.endsWith(".css")).reduce((sum, { bytes }) => sum + bytes, 0))}.`);
if (largest) console.log(`Largest part loaded later: ${largest.name}, ${kilobytes(largest.bytes)} of ${kilobytes(PART)}.`);
if (entry > ENTRY || heavy.length > 0 || first.size === 0) {
  for (const { name, bytes } of heavy) console.error(`Too heavy: ${name}, ${kilobytes(bytes)}.`);
  console.error("The web app is heavier than its budget (web/scripts/budget.mjs).");
  process.exit(1);
}
