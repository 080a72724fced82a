// The pictures of the README, taken from the product itself with its embedded model: node scripts/screenshots.mjs

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, open, say } from "../tests/browser/browser.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const IMAGES = join(ROOT, "docs/images");
const data = mkdtempSync(join(tmpdir(), "orchestrator-pictures-"));
const workspace = join(data, "project");

const FILES = {
  "main.py": "from sums import total\n\nprint(total([1, 2, 3]))\n",
  "sums.py": "def total(numbers):\n    return sum(numbers)\n",
  "notes.txt": "Things to do\n",
};
const GOALS = {
  en: ["What time is it, and what is 12*37?", "List the Python files here, count their lines and write the total to count.txt", "Run the command: curl https://example.org"],
  fr: ["Quelle heure est-il, et combien font 12*37 ?", "Liste les fichiers Python d’ici, compte leurs lignes et écris le total dans total.txt", "Lance la commande : curl https://example.org"],
};

mkdirSync(workspace);
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(workspace, name), text);

const server = spawn(join(ROOT, ".venv/bin/orchestrator"), ["--data", data, "--workspace", workspace, "serve", "--port", "0"]);
const link = await new Promise((found) => {
  let said = "";
  server.stdout.on("data", (chunk) => {
    said += chunk;
    const match = /http:\/\/127\.0\.0\.1:\d+\/sign-in\?token=\S+/.exec(said);
    if (match) found(new URL(match[0]));
  });
});

const browser = await launch();
let storageState;
for (const [name, { theme, language, width, height }] of Object.entries({
  "chat-dark-en": { theme: "dark", language: "en", width: 1280, height: 1360 },
  "chat-light-fr": { theme: "light", language: "fr", width: 1280, height: 1360 },
  "chat-dark-en-narrow": { theme: "dark", language: "en", width: 390, height: 844 },
})) {
  const path = storageState ? "/" : link.pathname + link.search;
  const page = await open(browser, link.origin, { path, theme, language, width, height, storageState, deviceScaleFactor: 2 });
  await page.locator("textarea[data-composer]").waitFor();
  if (!storageState) storageState = { ...(await page.context().storageState()), origins: [] };
  for (const [index, goal] of GOALS[language].entries()) {
    if (index < 2) await page.goto(link.origin);
    await say(page, goal);
    await page.locator(index < 2 ? "article footer" : "[data-slot=approval]").waitFor();
  }
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  await page.context().close();
}
await browser.close();
server.kill();
await new Promise((gone) => server.once("exit", gone));
rmSync(data, { recursive: true, force: true });
