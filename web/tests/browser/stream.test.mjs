// The stream: not a word lost or doubled, whatever happens to the page or the line; and it stays smooth.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { clean, launch, open, say } from "./browser.mjs";
import { Mock } from "./mock.mjs";

let browser, mock, page;

before(async () => {
  browser = await launch();
});
after(() => browser.close());
beforeEach(async () => {
  mock = await new Mock().listen();
});
afterEach(async () => {
  clean(page);
  await page.context().close();
  await mock.close();
});

const COUNTED = Array.from({ length: 120 }, (_, index) => `${index + 1}🎼`).join(" ");
const words = () => page.locator("article").last().locator(".markdown").textContent();
const until = (number) => page.locator("article .markdown").getByText(`${number}🎼`).waitFor();

test("goes on after a reload in the middle", async () => {
  page = await open(browser, mock.url);
  await say(page, "count for me");
  await page.waitForURL(/\/c\//);
  await until(10);
  await page.reload();
  await until(11);
  assert.match(await words(), /^1🎼 2🎼 3🎼/);
  await page.locator("article footer").waitFor();
  assert.equal((await words()).trim(), COUNTED);
});

test("goes on after the line broke, several times", async () => {
  page = await open(browser, mock.url);
  await say(page, "count for me");
  await until(5);
  for (const number of [15, 40, 70]) {
    mock.refusing = true;
    mock.drop();
    await page.getByText("Connection lost").waitFor();
    mock.refusing = false;
    await until(number);
  }
  await page.locator("article footer").waitFor();
  assert.equal((await words()).trim(), COUNTED);
  const again = mock.watched.slice(1);
  assert.ok(again.length >= 3 && again.every(({ after: seq }) => seq === 2), "asked only for what followed");
});

test("follows several conversations at once, and shows which still work", async () => {
  page = await open(browser, mock.url);
  await say(page, "count the first");
  await page.waitForURL(/\/c\//);
  await until(3);
  await page.getByRole("link", { name: "New conversation" }).first().click();
  await say(page, "count the second");
  await page.waitForURL(/\/c\//);
  await until(3);
  assert.equal(await page.locator("aside nav").getByText("an agent is working").count(), 2);
  await page.locator("aside nav").getByRole("link", { name: "count the first" }).click();
  await page.locator("article footer").waitFor();
  assert.equal((await words()).trim(), COUNTED);
  await page.locator("aside nav").getByRole("link", { name: "count the second" }).click();
  await page.locator("article footer").waitFor();
  assert.equal((await words()).trim(), COUNTED);
});

/** Watches for tasks over 50 ms and for things that jump, from now on. */
async function watchSmoothness(target) {
  await target.evaluate(() => {
    window.seen = { tasks: [], shifts: [] };
    const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type });
    on("longtask", (entry) => window.seen.tasks.push(Math.round(entry.duration)));
    on("layout-shift", (entry) => window.seen.shifts.push(entry.value));
  });
}

// Other work on the machine can make any task late, so the best of three tries is what counts.
test("draws 30,000 characters without a task over 50 ms, and nothing jumps", async (t) => {
  const jump = ({ shifts }) => Math.max(0, ...shifts);
  const smooth = (seen) => seen.tasks.length === 0 && jump(seen) <= 0.02;
  let best = null;
  for (let attempt = 1; attempt <= 3 && !(best && smooth(best)); attempt++) {
    await page?.context().close();
    page = await open(browser, mock.url, { reducedMotion: "no-preference" });
    await page.locator("textarea[data-composer]").waitFor();
    await page.evaluate(() => document.fonts.ready);
    await watchSmoothness(page);
    await say(page, "long answer");
    await page.locator("article footer").waitFor({ timeout: 60_000 });
    await page.locator("article pre span[style]").first().waitFor();
    assert.ok((await words()).length > 20_000);
    const seen = await page.evaluate(() => window.seen);
    t.diagnostic(`tasks over 50 ms: [${seen.tasks}] ms; largest shift ${jump(seen).toFixed(4)}`);
    if (!best || smooth(seen) || seen.tasks.length < best.tasks.length) best = seen;
  }
  assert.deepEqual(best.tasks, []);
  assert.ok(jump(best) <= 0.02);
});

test("opens a conversation without a jump", async (t) => {
  const conversation = await mock.past("Kept", ["tools", "rich words", "tools again"]);
  page = await open(browser, mock.url, { path: `/c/${conversation}` });
  await page.addInitScript(() => {
    window.shift = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shift += entry.value))).observe({ type: "layout-shift" });
  });
  await page.reload();
  await page.locator("article footer").nth(2).waitFor();
  await page.locator("article pre span[style]").first().waitFor();
  const shift = await page.evaluate(() => window.shift);
  t.diagnostic(`layout shift ${shift.toFixed(4)}`);
  assert.ok(shift <= 0.02, `layout shift ${shift}`);
});
