// Every page in every theme and language (what a conversation can hold is in the gallery): axe with its strict rules,
// room for fingers, nothing wider than the screen.

import { test } from "node:test";
import { accessible, becomes, mock, page, presentable, roomy, say, stage, visit } from "./browser.mjs";

stage();

for (const language of ["en", "fr"]) {
  test(`the pages: ${language}`, async () => {
    mock.signedIn = false;
    await visit({ language });
    await page.locator("form").waitFor();
    await presentable(page, "sign-in");
    mock.signedIn = true;
    const conversation = await mock.past("Kept", ["plain words"]);
    await page.goto(`${mock.url}/c/${conversation}`);
    await page.locator("article footer").waitFor();
    await page.locator("aside nav li").first().waitFor();
    await presentable(page, "a conversation");
    await page.locator("form button[aria-haspopup=menu]").click();
    await page.getByRole("menuitemradio").nth(2).waitFor();
    await presentable(page, "models", "[role=menu]");
  });
}

test("the question to confirm", async () => {
  await mock.past("Kept", ["plain words"]);
  await visit();
  await page.locator("aside nav li").first().hover();
  await page.getByRole("button", { name: "Actions for" }).click();
  await accessible(page, "actions", "[role=menu]");
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").waitFor();
  await presentable(page, "confirm", "[role=alertdialog]");
});

for (const width of [320, 390]) {
  test(`a narrow screen: ${width} pixels`, async () => {
    await mock.past("A conversation with quite a long title that has to be cut somewhere", ["plain words"]);
    await visit({ width, height: 700, language: "fr", theme: "light", hasTouch: true });
    await page.locator("textarea[data-composer]").waitFor();
    await roomy(page, "welcome");
    await say(page, `tools ${"une-très-longue-suite-sans-espace".repeat(8)}`);
    await page.locator("article footer").waitFor();
    const cards = page.locator("[data-slot=tool] button[aria-expanded]");
    await becomes(() => cards.count(), 4);
    for (const card of await cards.all()) await card.click();
    await roomy(page, "tools");
    await accessible(page, "tools");
    await say(page, "approve");
    await page.locator("[data-slot=approval]").waitFor();
    await roomy(page, "a question");
    await page.getByRole("button", { name: "Afficher les conversations" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "A conversation" }).waitFor();
    await roomy(page, "drawer");
    await accessible(page, "drawer", "[role=dialog]");
    await page.getByRole("dialog").getByRole("link", { name: "A conversation" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    mock.signedIn = false;
    await page.reload();
    await page.locator("form").waitFor();
    await roomy(page, "sign-in");
  });
}
