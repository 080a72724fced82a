// How smoothly 30,000 characters are drawn while they stream, beside a page that draws the whole text at each frame.
// Prints one JSON object; run by `python -m benchmarks.web`. The server is simulated (tests/browser/mock.mjs).

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { launch, open, say } from "../tests/browser/browser.mjs";
import { Mock } from "../tests/browser/mock.mjs";
import { LONG } from "../tests/browser/scenes.mjs";

const ROUNDS = Number(process.argv[2] ?? 5);
const EVERY = 10; // milliseconds
const PIECES = 5; // each time: 12,000 characters a second
const marked = join(dirname(createRequire(import.meta.url).resolve("marked")), "marked.umd.js");

/** Seconds of work of the page's main thread, and its tasks over 50 ms, while something is done. */
async function measured(page, work) {
  await page.evaluate(() => {
    window.late = [];
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => window.late.push(duration))).observe({ type: "longtask" });
  });
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const busy = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
  const before = await busy();
  await work();
  const seconds = (await busy()) - before;
  const late = await page.evaluate(() => window.late);
  return { seconds, late: late.length, longest: Math.round(Math.max(0, ...late)) };
}

async function app(browser) {
  const mock = await new Mock().listen();
  const page = await open(browser, mock.url, { reducedMotion: "no-preference" });
  await say(page, "long answer");
  await page.locator("[role=log] article").getByText("Thinking…").waitFor();
  const found = await measured(page, async () => {
    let allowed = 0;
    const pace = setInterval(() => mock.allow("long answer", (allowed += PIECES)), EVERY);
    await page.locator("article footer").waitFor();
    clearInterval(pace);
  });
  await page.context().close();
  await mock.close();
  return found;
}

async function whole(browser) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.setContent("<main></main>");
  await page.addScriptTag({ path: marked });
  const found = await measured(page, () =>
    page.evaluate(
      ([pieces, every, more]) =>
        new Promise((done) => {
          const main = document.querySelector("main");
          let [text, at] = ["", 0];
          const draw = () => {
            main.innerHTML = window.marked.parse(text);
            scrollTo(0, document.body.scrollHeight);
          };
          const pace = setInterval(() => {
            text += pieces.slice(at, (at += more)).join("");
            requestAnimationFrame(draw);
            if (at < pieces.length) return;
            clearInterval(pace);
            requestAnimationFrame(() => requestAnimationFrame(done));
          }, every);
        }),
      [LONG, EVERY, PIECES],
    ),
  );
  await page.context().close();
  return found;
}

const browser = await launch();
const found = { app: [], whole: [] };
for (let round = 0; round < ROUNDS; round++) {
  found.app.push(await app(browser));
  found.whole.push(await whole(browser));
}
await browser.close();
console.log(JSON.stringify(found));
