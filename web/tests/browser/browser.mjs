// A Chromium without a window, and what every page is held to.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, afterEach, before, beforeEach } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { Mock } from "./mock.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-proxy-server",
  "--force-color-profile=srgb",
  "--disable-background-networking",
];

const NAMES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** How long anything may take on a machine busy with other work, before it counts as never: milliseconds. */
export const PATIENCE = 240_000;

/** Where a Chromium is, if there is one. */
export const chromiumPath = [process.env.CHROMIUM, ...NAMES].find((path) => path && existsSync(path));

const HOW = { executablePath: chromiumPath, args: FLAGS, timeout: PATIENCE };

/** One browser that several processes share: each finds it in CHROMIUM_SHARED. */
export async function shared() {
  const server = await chromium.launchServer(HOW);
  process.env.CHROMIUM_SHARED = server.wsEndpoint();
  return server;
}

export async function launch() {
  return process.env.CHROMIUM_SHARED ? chromium.connect(process.env.CHROMIUM_SHARED, { timeout: PATIENCE }) : chromium.launch(HOW);
}

/** A page that reports everything it should not do: errors, refused policies, requests to elsewhere. */
export async function open(browser, origin, { path = "/", theme = "dark", language = "en", width = 1280, height = 800, waitUntil = "load", ...more } = {}) {
  const locale = language === "fr" ? "fr-FR" : "en-US";
  // Nothing moves, so that what is measured is what is there; the stream's own test moves.
  const context = await browser.newContext({ viewport: { width, height }, locale, reducedMotion: "reduce", ...more });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(
    ([name, value]) => localStorage.getItem(name) ?? localStorage.setItem(name, value),
    ["preferences", JSON.stringify({ state: { theme, language, model: "auto" }, version: 0 })],
  );
  const page = await context.newPage();
  page.wrong = [];
  page.on("pageerror", (error) => page.wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (/Content Security Policy|Refused to|Warning:|Each child in a list|Maximum update/.test(text)) page.wrong.push(text);
  });
  page.on("request", (request) => {
    const { origin: to, protocol } = new URL(request.url());
    if (to !== origin && !["data:", "blob:"].includes(protocol)) page.wrong.push(`request to ${to}`);
  });
  await page.goto(origin + path, { waitUntil });
  return page;
}

/** Waits until the page says so: what a click leads to may take a frame, or a request. */
export async function becomes(read, expected, what = "") {
  const wanted = JSON.stringify(expected);
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const found = await read();
    if (JSON.stringify(found) === wanted) return;
    if (Date.now() > deadline) assert.deepEqual(found, expected, what);
    await new Promise((soon) => setTimeout(soon, 20));
  }
}

export async function say(page, text) {
  const composer = page.locator("textarea[data-composer]");
  await composer.fill(text);
  await page.locator("form button[type=submit]:enabled").waitFor(); // while an agent works here, nothing is sent
  await composer.press("Enter");
}

/** Two frames later: what was asked for is laid out and drawn. */
export async function painted(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

const TAGS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag21aaa", "wcag22aa", "best-practice"];
const COLOURS = ["color-contrast-enhanced", "link-in-text-block"];

/** axe with the strict rules on, or only these; a contrast it could not work out counts as a failure. */
export async function accessible(page, where, part = "html", only = []) {
  await page.locator(part).first().waitFor();
  await painted(page);
  const on = { "color-contrast": { enabled: false }, "color-contrast-enhanced": { enabled: true }, "target-size": { enabled: true } };
  const axe = new AxeBuilder({ page }).setLegacyMode().include(part); // no page of ours has frames
  const asked = only.length ? axe.options({ resultTypes: ["violations", "incomplete"] }).withRules(only) : axe.options({ rules: on, resultTypes: ["violations", "incomplete"] }).withTags(TAGS);
  const found = await asked.analyze();
  const told = (list) => list.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 160)} ${node.any.map((check) => check.message).join("; ").slice(0, 300)}`));
  const unsure = found.incomplete.filter((rule) => rule.id.startsWith("color-contrast"));
  assert.deepEqual([...told(found.violations), ...told(unsure)], [], where);
}

/** Everything is looked at once; in the other themes, what colours decide: themes differ in nothing else (theme.css). */
export async function presentable(page, where, part = "html") {
  await accessible(page, where, part);
  await roomy(page, where);
  const worn = await page.evaluate(() => document.documentElement.dataset.theme);
  for (const theme of ["dark", "light", "contrast"].filter((name) => name !== worn)) {
    await page.evaluate((name) => void (document.documentElement.dataset.theme = name), theme);
    await accessible(page, `${where}, ${theme}`, part, COLOURS);
  }
  await page.evaluate((name) => void (document.documentElement.dataset.theme = name), worn);
}

/** Whatever can be pressed is at least 44 pixels each way, links inside sentences aside; nothing is wider than the page. */
export async function roomy(page, where) {
  await page.evaluate(() => document.fonts.ready);
  await painted(page);
  const found = await page.evaluate(() => {
    const small = [];
    for (const element of document.querySelectorAll("button, a[href], input, textarea, select, [role=menuitem], [role=menuitemradio]")) {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      if (!box.width || style.visibility === "hidden" || element.closest(".markdown p, .markdown li, .markdown td") || element.hidden) continue;
      if (style.transform !== "none" && box.bottom < 0) continue; // the skip link, above the page until it has the focus
      if (box.height < 43.5 || box.width < 43.5) small.push(`${element.outerHTML.slice(0, 120)} ${Math.round(box.width)}×${Math.round(box.height)}`);
    }
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    return { small, wide };
  });
  assert.deepEqual(found, { small: [], wide: 0 }, where);
}

export function clean(page) {
  assert.deepEqual(page.wrong, []);
}

/** On the stage: one browser for a file of tests, and for each of them a simulated server and the page that was opened. */
export let browser, mock, page;

export function stage() {
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());
  beforeEach(async () => {
    mock = await new Mock().listen();
  });
  afterEach(async () => {
    clean(page);
    await page.context().close();
    await mock.close();
  });
}

/** Opens the page of a test. */
export async function visit(how) {
  page = await open(browser, mock.url, how);
}
