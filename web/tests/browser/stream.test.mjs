// The stream: not a word lost or doubled, whatever happens to the page or the line; and it stays smooth.

import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, mock, page, painted, say, stage, visit } from "./browser.mjs";
import { COUNTED, LONG, LONG_TEXT } from "./scenes.mjs";

stage();

const counted = (number) => Array.from({ length: number }, (_, index) => `${index + 1}🎼`).join(" ");
const words = async () => (await page.locator("article").last().locator(".markdown").allTextContents()).join("").trim();
const until = (number) => becomes(words, counted(number));
const over = () => page.locator("article footer").waitFor();

test("goes on after a reload in the middle", async () => {
  await visit();
  mock.allow("count for me", 10);
  await say(page, "count for me");
  await page.waitForURL(/\/c\//);
  await until(10);
  await page.reload();
  await until(10);
  mock.allow("count for me", 11);
  await until(11);
  mock.allow("count for me");
  await over();
  await until(COUNTED);
});

test("goes on after the line broke, several times", async () => {
  await visit();
  mock.allow("count for me", 5);
  await say(page, "count for me");
  await until(5);
  for (const number of [15, 40, 70]) {
    mock.refusing = true;
    mock.drop();
    await page.getByText("Connection lost").waitFor();
    mock.allow("count for me", number);
    mock.refusing = false;
    await until(number);
  }
  mock.allow("count for me");
  await over();
  await until(COUNTED);
  const again = mock.watched.slice(1);
  assert.ok(again.length >= 3 && again.every(({ after: seq }) => seq === 2), "asked only for what followed");
});

test("follows several conversations at once, and shows which still work", async () => {
  const [first, second] = ["count the first", "count the second"];
  const list = () => page.locator("aside nav");
  const working = (number) => becomes(() => list().getByText("an agent is working").count(), number);
  await visit();
  mock.allow(first, 3);
  mock.allow(second, 4);
  await say(page, first);
  await page.waitForURL(/\/c\//);
  await until(3);
  await page.getByRole("link", { name: "New conversation" }).first().click();
  await page.locator("main li button").first().waitFor();
  await say(page, second);
  await page.waitForURL(/\/c\//);
  await until(4);
  await working(2);
  mock.allow(first);
  await working(1);
  await until(4);
  await list().getByRole("link", { name: first }).click();
  await over();
  await until(COUNTED);
  await list().getByRole("link", { name: second }).click();
  await until(4);
  mock.allow(second);
  await over();
  await until(COUNTED);
  await working(0);
});

/** From the page's first moment on: what jumps, and why. */
async function watchJumps(target) {
  await target.addInitScript(() => {
    window.shifts = [];
    const name = (node) => (node?.nodeType === 1 ? node.outerHTML : (node?.textContent ?? "gone")).slice(0, 90);
    const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
    const moved = ({ node, previousRect, currentRect }) => `${name(node)}: ${box(previousRect)} -> ${box(currentRect)}`;
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) window.shifts.push({ value, sources: sources.map(moved) });
    }).observe({ type: "layout-shift" });
  });
  await target.reload({ waitUntil: "commit" });
}

const LARGEST_JUMP = 0.006;

async function nothingJumped(t) {
  await painted(page);
  const shifts = await page.evaluate(() => window.shifts);
  const largest = Math.max(0, ...shifts.map(({ value }) => value));
  t.diagnostic(`largest layout shift ${largest.toFixed(4)}`);
  assert.ok(largest <= LARGEST_JUMP, JSON.stringify(shifts, null, 1));
}

/** How many nodes each drawing of the conversation touches, from now on. Colours are left out: each block of code gets
 *  them once, when the worker has them, and those of several blocks may come together. */
async function watchDrawings(target) {
  await target.evaluate(() => {
    window.touched = [];
    const size = (node) => 1 + [...node.childNodes].reduce((sum, child) => sum + size(child), 0);
    const sizes = (nodes) => [...nodes].reduce((sum, node) => sum + size(node), 0);
    const coloured = ({ target }) => target.nodeName === "CODE" && target.parentNode?.nodeName === "PRE";
    new MutationObserver((all) => {
      const changes = all.filter((change) => !coloured(change));
      const nodes = changes.map(({ type, addedNodes, removedNodes }) => (type === "childList" ? sizes(addedNodes) + sizes(removedNodes) : 1));
      window.touched.push(nodes.reduce((sum, number) => sum + number, 0));
    }).observe(document.querySelector("[role=log]"), { subtree: true, childList: true, characterData: true, attributes: true });
  });
}

/** Lets the long answer be said and drawn up to each of these pieces, one after the other. */
async function drawLong(pieces) {
  for (const number of pieces) {
    mock.allow("long answer", number);
    await becomes(() => page.received, number);
    await painted(page);
  }
}

async function askForLong() {
  page.received = 0;
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => (page.received += payload.includes('"type":"token"'))));
  await say(page, "long answer");
  await page.waitForURL(/\/c\//, { waitUntil: "commit" });
  await page.locator("[role=log] article").getByText("Thinking…").waitFor();
}

const PIECES = 10; // 240 characters, more than a fast model says between two frames
const MOST_NODES = 200;

test("draws 30,000 characters touching only the end, and nothing jumps", async (t) => {
  await visit({ reducedMotion: "no-preference" });
  await watchJumps(page);
  await askForLong();
  await watchDrawings(page);
  await drawLong(Array.from({ length: Math.floor(LONG.length / PIECES) }, (_, index) => (index + 1) * PIECES));
  const touched = await page.evaluate(() => window.touched);
  mock.allow("long answer");
  await over();
  await page.locator("article pre span[style]").first().waitFor();
  assert.ok((await words()).length > LONG_TEXT.length * 0.7);
  const most = Math.max(...touched);
  t.diagnostic(`${touched.length} drawings, none of more than ${most} nodes`);
  assert.ok(touched.length >= Math.floor(LONG.length / PIECES));
  assert.ok(most <= MOST_NODES, `nodes touched by each drawing: ${touched}`);
  await nothingJumped(t);
});

test("nothing jumps where fonts, and what answers here, come late", async (t) => {
  const [fonts, models] = [mock.hold(".woff2"), mock.hold("/system/models")];
  await visit({ reducedMotion: "no-preference", waitUntil: "commit" });
  await watchJumps(page);
  await page.locator("main li button").first().waitFor();
  await painted(page);
  models();
  await page.getByText("It is not a language model").waitFor();
  await askForLong();
  await drawLong([50, 100]);
  const places = () => page.locator(".markdown > *").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  const before = await places();
  fonts();
  await page.evaluate(() => document.fonts.ready);
  await painted(page);
  assert.deepEqual(await places(), before);
  await drawLong([150, 200]);
  await nothingJumped(t);
});

test("opens a conversation without a jump", async (t) => {
  const conversation = await mock.past("Kept", ["tools", "rich words", "tools again"]);
  const whole = mock.tell(5);
  await visit({ path: `/c/${conversation}` });
  await watchJumps(page);
  await becomes(() => mock.watched.length >= 3, true);
  await page.locator("[role=log][aria-busy=true]").waitFor();
  await painted(page);
  assert.equal(await page.locator("article").count(), 0, "shown before all of it was told");
  whole();
  await page.locator("article footer").nth(2).waitFor();
  await page.locator("article pre span[style]").first().waitFor();
  await page.locator("aside nav li").first().waitFor();
  await nothingJumped(t);
});
