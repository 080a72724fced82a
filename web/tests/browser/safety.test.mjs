// The page of tools and safety: what there is, what is broken, and what a person sets, looks at, asks and takes back.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { becomes, mock, page, presentable, stage, visit } from "./browser.mjs";

stage();

const slot = (name, hasText) => page.locator(`[data-slot=${name}]`, hasText ? { hasText } : {});
const settings = async (more = {}) => {
  await visit({ path: "/settings/safety", ...more });
  await slot("category").first().waitFor();
  await slot("key").first().waitFor();
};
const confirm = (word) => page.getByRole("alertdialog").getByRole("button", { name: word }).click();
const chosen = async (button, files) => {
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), button.click()]);
  await chooser.setFiles(files);
};
const last = () => mock.asked.at(-1) ?? {};

for (const [language, width] of [["en", 1280], ["fr", 320]]) {
  test(`the page: ${language}, ${width} pixels`, async () => {
    await settings({ language, width });
    await page.evaluate(() => {
      for (const opener of document.querySelectorAll("main [aria-expanded=false]")) opener.click();
    });
    await slot("explain").locator("button[type=submit]").click();
    await slot("verdict").locator("[aria-expanded=false]").click();
    await slot("make-key").locator("[name=name]").fill("fresh");
    await slot("make-key").locator("button[type=submit]").click();
    await slot("new-key").waitFor();
    await page.getByRole("button", { name: language === "en" ? "Load plugins anew" : "Recharger les greffons" }).click();
    await page.getByText("broken.py").nth(1).waitFor();
    await page.getByRole("button", { name: language === "en" ? "Add a server" : "Ajouter un serveur" }).click();
    await slot("add-server").waitFor();
    await page.getByRole("button", { name: language === "en" ? "Add a document" : "Ajouter un document" }).click();
    await slot("add-document").waitFor();
    await chosen(slot("add-skill").getByRole("button").nth(1), { name: "SKILL.md", mimeType: "text/markdown", buffer: Buffer.from("# Forms") });
    await slot("looked-skill").waitFor();
    await slot("skill").getByRole("group").nth(2).waitFor();
    await presentable(page, "tools and safety");
  });
}

test("it is reached by the menu; a tool says what it may do, what confines it and how it fared", async () => {
  await visit();
  await page.getByRole("button", { name: "Preferences" }).click();
  await page.getByRole("menuitem", { name: "Tools & safety" }).click();
  await page.getByRole("link", { name: "Keys of programs" }).click();
  await becomes(() => page.locator("#keys").evaluate((part) => part.getBoundingClientRect().top < innerHeight), true);
  await slot("category", "Files").getByRole("button").click();
  const facts = "read_file Read a file of the workspace. reads · changes nothing · Part of the server · from files 42 calls · 2 failed · 30 ms each";
  await becomes(async () => (await slot("known-tool", "read_file").innerText()).replace(/\s+/g, " "), facts);
  await page.getByText("broken.py could not be loaded").waitFor();
});

test("what an MCP server changed is looked at, and then offered", async () => {
  await settings();
  await slot("unseen", "send_note").getByText("Sends a message to one person.").waitFor();
  await slot("server", "notes").getByRole("button", { name: "I have looked at these 2" }).click();
  await becomes(() => last().path, "/mcp/notes/approve");
  assert.deepEqual(last().body, { tools: { sendNote: "d".repeat(64) }, prompts: { "send-all": "p".repeat(64) } });
  await slot("server", "notes").getByRole("button", { name: "To read: 2" }).click();
  await slot("server", "far").getByRole("button", { name: "Sign in" }).click();
  await becomes(() => page.getByRole("link", { name: "Open the page to sign in" }).getAttribute("href"), "https://login.example/begin");
  await page.getByRole("button", { name: "Add a server" }).click();
  await slot("add-server").getByLabel("Name here").fill("dice");
  await slot("add-server").getByLabel("Address or command").fill('dice-server --faces "six of them"');
  await slot("add-server").getByRole("button", { name: "Add a variable" }).click();
  await slot("given").getByLabel("Variable").fill("DICE_TOKEN");
  await slot("given").getByLabel("Value from").selectOption("WEATHER_KEY");
  await slot("add-server").getByLabel("may read").fill("/srv/dice\n");
  await slot("add-server").getByRole("button", { name: "Add a server" }).click();
  await becomes(() => last().path, "/mcp/dice");
  const command = ["dice-server", "--faces", "six of them"];
  const environment = { DICE_TOKEN: "{{secret:WEATHER_KEY}}" };
  assert.deepEqual(last().body, { command, environment, readable: ["/srv/dice"], network: false, workspace: false });
});

test("an OpenAPI document is looked at, and added as it was looked at; a changed copy is said, and removed", async () => {
  await settings();
  await slot("document", "pets").getByRole("button", { name: "2 tools are offered." }).click();
  await becomes(async () => (await slot("operation", "pets_list_pets").innerText()).replace(/\s+/g, " "),
    "GET /pets pets_list_pets · reads · changes nothing · says who asks All pets.");
  await slot("document", "pets").getByText("petKey: with the secret WEATHER_KEY · petToken: without a secret").waitFor();
  await page.getByRole("button", { name: "Add a document" }).click();
  const form = slot("add-document");
  await form.getByLabel("Name here").fill("zoo");
  await form.getByLabel("Address or text").fill("https://zoo.example/openapi.json");
  await form.getByRole("button", { name: "Look at it" }).click();
  await becomes(() => last().path, "/openapi/zoo/look");
  assert.deepEqual(last().body, { url: "https://zoo.example/openapi.json" });
  await slot("looked-document").getByLabel("petToken").selectOption("WEATHER_KEY");
  await slot("looked-document").getByRole("button", { name: "Offer these 2 tools" }).click();
  await becomes(() => last().method, "PUT");
  assert.deepEqual(last().body, { document: "openapi: 3.1.0", server: "https://api.pets.example/v1", secrets: { petToken: "WEATHER_KEY" }, replace: false });
  await slot("looked-document").waitFor({ state: "detached" });
  await slot("spoiled", "birds").getByRole("button", { name: "Remove" }).click();
  await confirm("Remove");
  await becomes(() => `${last().method} ${last().path}`, "DELETE /openapi/birds");
});

test("another version of a document says what it brings and takes away, and keeps the secrets", async () => {
  await settings();
  await page.getByRole("button", { name: "Add a document" }).click();
  await slot("add-document").getByLabel("Name here").fill("pets");
  await slot("add-document").getByLabel("Address or text").fill("openapi: 3.1.1");
  await slot("add-document").getByRole("button", { name: "Look at it" }).click();
  const said = ["It is called elsewhere: https://api.pets.example/v1 before, https://other.example now.", "New: pets_new", "No longer there: pets_list_pets, pets_delete"];
  for (const text of said) await slot("replaced").getByText(text).waitFor();
  await slot("looked-document").getByRole("button", { name: "Offer this tool" }).click();
  await becomes(() => last().method, "PUT");
  assert.deepEqual(last().body, { document: "openapi: 3.1.1", server: "https://other.example", secrets: { petKey: "WEATHER_KEY" }, replace: true });
});

test("a document's file is sent as it is; what is wrong with it is said beside the form", async () => {
  await settings();
  await page.getByRole("button", { name: "Add a document" }).click();
  const form = slot("add-document");
  await form.getByLabel("Name here").fill("zoo");
  await chosen(form.getByRole("button", { name: "Choose a file" }), { name: "zoo.yaml", mimeType: "application/yaml", buffer: Buffer.from("openapi: é") });
  await slot("chosen").getByText("zoo.yaml").waitFor();
  mock.failing = ["POST", "/openapi/zoo/look", 422, { code: "invalid_input", detail: "It says no version.", hint: "Mend it." }];
  await form.getByRole("button", { name: "Look at it" }).click();
  await form.getByRole("alert").getByText("It says no version.").waitFor();
  mock.failing = null;
  page.wrong.length = 0; // the browser says that a request was refused
  await form.getByRole("button", { name: "Look at it" }).click();
  await slot("looked-document").waitFor();
  assert.deepEqual(last().body, { document: "openapi: é" });
});

test("a skill is read with its files before it is added, and says who stands behind it", async () => {
  await settings();
  await becomes(() => page.locator("[data-slot=skill] [data-slot=signed]").allInnerTexts(), [
    "nobody has signed it", "signed by a trusted key", "signed by a key that is not trusted",
  ]);
  await slot("skill", "pdf-forms").getByText("Fills in PDF forms. \\u202eUse").waitFor();
  const folder = mkdtempSync(join(tmpdir(), "skill-"));
  mkdirSync(join(folder, "scripts"));
  for (const [name, text] of [["SKILL.md", "---"], ["scripts/fill.py", "print('filled')"], [".hidden", "no"]]) writeFileSync(join(folder, name), text);
  await chosen(page.getByRole("button", { name: "Choose a skill’s folder" }), folder);
  await slot("looked-skill").getByRole("button", { name: "scripts/fill.py" }).click();
  rmSync(folder, { recursive: true });
  await slot("looked-skill").getByText("print('filled')").waitFor();
  const files = { "SKILL.md": btoa("---"), "scripts/fill.py": btoa("print('filled')") };
  assert.deepEqual(last(), { method: "POST", path: "/skills/look", body: { files } });
  await slot("looked-skill").getByRole("button", { name: "I have read it: add it" }).click();
  await becomes(() => last().path, "/skills");
  assert.deepEqual(last().body, { files, unsigned: true, replace: true }); // there is one of this name
  await slot("looked-skill").waitFor({ state: "detached" });
  await slot("spoiled", "old").getByRole("button", { name: "Remove" }).click();
  await confirm("Remove");
  await becomes(() => `${last().method} ${last().path}`, "DELETE /skills/old");
});

test("a draft becomes a tool only as it was read, or is thrown away", async () => {
  await settings();
  await slot("draft", "roll_die").getByText("return 4").waitFor();
  await slot("draft").getByRole("button", { name: "I have read it: make it a tool" }).click();
  await becomes(() => last().path, "/drafts/roll_die/approve");
  assert.deepEqual(last().body, { digest: "c".repeat(64) });
  await page.locator("#drafts").getByText("roll_die.py is broken: line 1").waitFor();
  await slot("draft").getByRole("button", { name: "Discard" }).click();
  await confirm("Discard");
  await becomes(() => `${last().method} ${last().path}`, "DELETE /drafts/roll_die");
});

test("a secret is kept and removed; its value is nowhere on the page", async () => {
  await settings();
  const form = slot("keep-secret");
  await form.getByLabel("Name").fill("MAIL_KEY");
  await form.getByLabel("Value").fill("not for anyone");
  await form.getByLabel("Hosts it may go to").fill("mail.example, *.example.org");
  await form.getByRole("button", { name: "Keep" }).click();
  await becomes(() => last().path, "/secrets/MAIL_KEY");
  assert.deepEqual(last().body, { value: "not for anyone", hosts: ["mail.example", "*.example.org"], tools: [] });
  await becomes(() => form.getByLabel("Value").inputValue(), "");
  await slot("secret", "WEATHER_KEY").getByRole("button", { name: "Remove" }).click();
  await confirm("Remove");
  await becomes(() => `${last().method} ${last().path}`, "DELETE /secrets/WEATHER_KEY");
});

test("a prompt is used from the page: the message begins with it", async () => {
  await settings();
  await slot("server", "notes").getByRole("button", { name: "To read: 2" }).click();
  await slot("prompt", "/notes:sum-up").getByRole("link", { name: "Use it" }).click();
  await page.getByRole("option", { name: "/notes:sum-up" }).waitFor();
});

test("a key is made, shown once, and revoked", async () => {
  await settings();
  const form = slot("make-key");
  await form.getByLabel("Name").fill("editor");
  await form.getByLabel("Opens").selectOption({ label: "the whole API" });
  await form.getByLabel("Days").fill("30");
  await form.getByRole("checkbox", { name: "runs" }).click();
  await form.getByRole("button", { name: "Make a key" }).click();
  await form.getByText("ork_shown_once").waitFor();
  assert.deepEqual(last().body, { name: "editor", reach: "api", days: 30, scopes: ["read"] });
  await page.reload();
  await slot("key").first().waitFor();
  assert.equal(await page.getByText("ork_shown_once").count(), 0);
  await slot("key", "editor").getByRole("button", { name: "Revoke" }).click();
  await confirm("Revoke");
  await becomes(() => `${last().method} ${last().path}`, "DELETE /auth/keys/key_1");
});

test("a call is explained, in French too; an always is taken back", async () => {
  await settings({ language: "fr" });
  const form = slot("explain");
  await form.getByLabel("Arguments, en JSON").fill("no object");
  await form.getByRole("button", { name: "Expliquer" }).click();
  await form.getByRole("alert").getByText("il faut un objet JSON").waitFor();
  await form.getByLabel("Arguments, en JSON").fill('{"command": "curl https://example.org"}');
  await form.getByLabel("Le modèle a lu les paroles de").selectOption("web");
  await form.getByRole("button", { name: "Expliquer" }).click();
  await slot("verdict").getByText("curl parle à une autre machine.").waitFor();
  assert.deepEqual(last().body, { tool: "execute_command", arguments: { command: "curl https://example.org" }, origins: ["user", "web"] });
  await slot("grant").getByRole("button", { name: "Reprendre" }).click();
  await confirm("Reprendre");
  await becomes(() => `${last().method} ${last().path}`, "DELETE /grants/grant_1");
});

test("who is no administrator looks, and has keys of their own", async () => {
  mock.scopes = ["read"];
  await settings();
  await becomes(() => page.locator("main form").evaluateAll((forms) => forms.map((form) => form.dataset.slot)), ["explain", "make-key"]);
  await slot("skill").first().waitFor();
  await becomes(() => page.getByRole("button", { name: /Load plugins anew|Choose|Remove|Add a/ }).count(), 0);
  assert.equal(await slot("draft").count(), 0);
});
