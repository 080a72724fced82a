// The product itself: `orchestrator serve` with its embedded model, from the printed link to the answer.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, test } from "node:test";
import { accessible, becomes, clean, launch, open, PATIENCE, roomy, say } from "../browser/browser.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const COMMAND = process.env.ORCHESTRATOR ?? join(ROOT, ".venv/bin/orchestrator");
const missing = existsSync(COMMAND) ? false : `${COMMAND} is missing: ./run makes it`;
const data = mkdtempSync(join(tmpdir(), "orchestrator-web-"));

let browser, server, page, state;

/** Starts the server; the link is what it prints. */
async function serve(port = "0") {
  const environ = { ...process.env, OLLAMA_HOST: "127.0.0.1:9", ANTHROPIC_API_KEY: "", OPENAI_API_KEY: "", DEEPSEEK_API_KEY: "", HF_TOKEN: "", ORCHESTRATOR_TOOLS_TIMEOUT: "600" };
  const child = spawn(COMMAND, ["--data", data, "serve", "--port", port], { env: environ });
  const link = await new Promise((found, failed) => {
    let said = "";
    const read = (chunk) => {
      said += chunk;
      const match = /http:\/\/127\.0\.0\.1:\d+\/sign-in\?token=\S+/.exec(said);
      if (match) found(new URL(match[0]));
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", () => failed(new Error(`It did not start:\n${said}`)));
  });
  return { child, link };
}

async function stop({ child }, signal = "SIGTERM") {
  const gone = new Promise((ended) => child.once("exit", ended));
  child.kill(signal);
  await gone;
}

before(async () => {
  if (missing) return;
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  if (server) await stop(server);
  rmSync(data, { recursive: true, force: true });
});
afterEach(async () => {
  if (page) clean(page);
  await page?.context().close();
  page = null;
});

async function visit(more = {}) {
  page = await open(browser, server.link.origin, { ...(state && { storageState: state }), ...more });
  await page.locator("textarea[data-composer]").waitFor();
  return page;
}

test("the printed link signs in, once", { skip: missing }, async () => {
  await visit({ path: server.link.pathname + server.link.search });
  assert.equal(new URL(page.url()).pathname, "/");
  await page.getByText("It is not a language model").waitFor();
  state = { ...(await page.context().storageState()), origins: [] }; // the session, not the preferences
  const other = await browser.newContext();
  other.setDefaultTimeout(PATIENCE);
  const again = await other.newPage();
  const response = await again.goto(server.link.href);
  assert.equal(response.status(), 401);
  await again.goto(server.link.origin);
  await again.locator("form").waitFor();
  await other.close();
});

for (const [language, answers] of [
  ["en", [/444/, /hello\.txt/, /workspace|entr/, /Memory/]],
  ["fr", [/444/, /bonjour\.txt/, /contient|élément/, /Mémoire/]],
]) {
  test(`every example of the empty page is answered: ${language}`, { skip: missing }, async () => {
    await visit({ language });
    for (const [index, answer] of answers.entries()) {
      await page.goto(server.link.origin);
      await page.locator("main li button").nth(index).click();
      await page.locator("article footer").waitFor();
      await page.locator("article .markdown").last().getByText(answer).first().waitFor();
      assert.ok((await page.locator("[data-slot=tool]").count()) > 0);
      assert.equal(await page.locator("[data-slot=approval]").count(), 0);
    }
    await accessible(page, `the product, ${language}`);
    await roomy(page, `the product, ${language}`);
  });
}

test("a risky command is asked, survives the server, and is refused", { skip: missing }, async () => {
  await visit();
  await say(page, "Run the command: curl https://example.org");
  const card = page.locator("[data-slot=approval]");
  await card.getByText("curl https://example.org").waitFor();
  const { port } = server.link;
  await stop(server, "SIGKILL");
  await page.getByText("Connection lost").waitFor();
  server = await serve(port);
  await page.getByText("Connection lost").waitFor({ state: "detached" });
  await page.keyboard.press("Alt+a");
  await page.keyboard.press("4");
  await page.locator("[data-slot=tool]").getByText("refused", { exact: true }).waitFor();
  await page.locator("article footer").waitFor();
});

test("a command that was allowed runs in the sandbox, and Escape stops one that does not end", { skip: missing }, async () => {
  await visit();
  await say(page, "Run the command: sleep 1000");
  await page.locator("[data-slot=tool]").getByText("running").waitFor();
  await page.reload();
  await page.locator("[data-slot=tool]").getByText("running").waitFor();
  assert.equal(await page.locator("[data-slot=approval]").count(), 0);
  await page.keyboard.press("Escape");
  await page.getByText("You stopped this.").waitFor();
});

test("a conversation is kept, renamed and deleted; signing out ends the session", { skip: missing }, async () => {
  await visit();
  await say(page, "What is 6*7?");
  await page.locator("article footer").waitFor();
  await page.reload();
  await page.locator("article").getByText("42").first().waitFor();
  const row = page.locator("aside nav li").first();
  await row.hover();
  await row.getByRole("button").click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByLabel("Title of the conversation").fill("The answer");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "The answer" }).waitFor();
  await row.hover();
  await page.getByRole("button", { name: "Actions for “The answer”" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.locator("aside nav").getByText("The answer").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "owner" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.locator("form").waitFor();
  await page.reload();
  await page.locator("form").waitFor();
});
