// The page of models and money: a provider connected and tried, a budget set and topped up, a preference changed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, mock, page, presentable, say, stage, visit } from "./browser.mjs";

stage();

const budget = (text) => page.locator("[data-slot=budget]", { hasText: text });

for (const [language, width] of [["en", 1280], ["fr", 320]]) {
  test(`the page: ${language}, ${width} pixels`, async () => {
    await visit({ path: "/settings/models", language, width });
    await budget("ada").waitFor();
    await page.locator("[data-slot=provider] button").first().click();
    await page.locator("blockquote").waitFor();
    await page.getByRole("button", { name: language === "en" ? "Connect a provider" : "Connecter un fournisseur" }).click();
    await page.locator("[data-slot=connect]").waitFor();
    await presentable(page, "models and costs");
  });
}

test("it is reached by the menu, and says what the server refuses", async () => {
  await visit();
  await page.getByRole("button", { name: "Preferences" }).click();
  await page.getByRole("menuitem", { name: "Models & costs" }).click();
  await page.getByRole("heading", { name: "Models & costs" }).waitFor();
  mock.failing = ["POST", "/models/test", 402, { code: "budget_exceeded", detail: "The budget is spent.", hint: "Top it up." }];
  await page.locator("[data-slot=provider] button").first().click();
  await page.getByRole("alert").getByText("Top it up.").waitFor();
  page.wrong.length = 0; // the browser says that a request was refused
});

test("a provider is connected by its key", async () => {
  await visit({ path: "/settings/models" });
  await page.getByRole("button", { name: "Connect a provider" }).click();
  const form = page.locator("[data-slot=connect]");
  await form.getByLabel("Provider").selectOption({ label: "DeepSeek" });
  await form.getByLabel("API key").fill("sk-secret");
  await form.getByRole("button", { name: "Connect" }).click();
  await form.waitFor({ state: "detached" });
  const { api_key, kind, name, base_url } = mock.asked.at(-1).body;
  assert.deepEqual([api_key, kind, name, base_url], ["sk-secret", "deepseek", "deepseek", "https://api.deepseek.com"]);
});

test("money is set and added, and runs that wait go on", async () => {
  await visit({ path: "/settings/models" });
  await budget("assistant").getByRole("textbox").fill("2,5");
  await budget("assistant").getByRole("button", { name: "Top up" }).click();
  await budget("assistant").getByRole("status").getByText("go on").waitFor();
  assert.deepEqual(mock.asked.at(-1).body, { scope: "agent", name: "assistant", period: "total", dollars: 2.5, resume: true });
  const form = page.locator("[data-slot=set-budget]");
  await form.getByLabel("For").selectOption({ label: "One user" });
  await form.getByLabel("User name").fill("ada");
  await form.getByLabel("US dollars").fill("20");
  await form.getByRole("button", { name: "Set" }).click();
  await becomes(() => mock.asked.at(-1).path, "/budgets");
  assert.deepEqual(mock.asked.at(-1).body, { scope: "user", name: "ada", period: "month", dollars: 20 });
  await budget("Everyone").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await becomes(() => mock.asked.at(-1).method, "DELETE");
});

test("an answer says who gave it, why, what it cost and what was saved", async () => {
  await visit();
  await say(page, "saved");
  const footer = page.locator("article footer");
  await footer.getByText("$0.25 saved").waitFor();
  await footer.getByRole("button", { name: "Details of this answer" }).click();
  for (const text of ["embedded", "No language model can be had; the embedded model stands in.", "$0.25, by a remembered answer"]) {
    await footer.locator("dd", { hasText: text }).first().waitFor();
  }
});

test("why a model was chosen, and what a provider ails, is said in French by its code", async () => {
  await visit({ language: "fr" });
  await say(page, "plain words");
  await page.getByRole("button", { name: "Détails de cette réponse" }).click();
  await page.locator("article footer dd", { hasText: "le modèle embarqué le remplace." }).waitFor();
  await page.goto(`${mock.url}/settings/models`);
  await page.locator("[data-slot=provider]", { hasText: "Le modèle est injoignable · Nothing listens at" }).waitFor();
});

test("preferences count at once; who is no administrator only looks", async () => {
  await visit({ path: "/settings/models" });
  await page.getByRole("checkbox", { name: "remembered answers" }).click();
  await becomes(() => mock.asked.at(-1).body.cache, false);
  await page.getByRole("button", { name: "Unpin assistant" }).click();
  await becomes(() => Object.keys(mock.asked.at(-1).body.pins).length, 0);
  mock.scopes = ["read", "write", "execute"];
  await page.reload();
  await budget("ada").waitFor();
  await becomes(() => page.locator("main form").count(), 0);
});
