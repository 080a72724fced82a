// The page of schedules: what is to come, what came of it, and what a person sets, pauses, has now and deletes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { becomes, mock, page, presentable, stage, visit } from "./browser.mjs";

stage();

const slot = (name, hasText) => page.locator(`[data-slot=${name}]`, hasText ? { hasText } : {});
const settings = async (more = {}) => {
  await visit({ path: "/settings/schedules", timezoneId: "Europe/Paris", ...more });
  await slot("schedule").first().waitFor();
  await page.getByRole("link", { name: /last run|dernière exécution/ }).first().waitFor();
};
const words = async (name) => (await slot("schedule", name).locator("p").allInnerTexts()).join(" | ").replace(/\s+/g, " ");
const last = () => mock.asked.at(-1) ?? {};

for (const [language, width] of [["en", 1280], ["fr", 320]]) {
  test(`the page: ${language}, ${width} pixels`, async () => {
    await settings({ language, width });
    await page.evaluate(() => {
      for (const opener of document.querySelectorAll("main [aria-expanded=false]")) opener.click();
    });
    await slot("schedule", "Call Ada").waitFor();
    await slot("add-schedule").locator("[name=text]").fill("Say hello");
    await slot("add-schedule").locator("[name=when]").fill("sometimes");
    await slot("add-schedule").locator("button[type=submit]").click();
    await slot("add-schedule").getByRole("alert").waitFor();
    await presentable(page, "schedules");
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/schedules-${language}.png`, fullPage: true });
  });
}

test("it is reached by the menu, and says what is next, what was, and what is over, in both languages", async () => {
  await visit({ timezoneId: "Europe/Paris" });
  await page.getByRole("button", { name: "Preferences" }).click();
  await page.getByRole("menuitem", { name: "Schedules" }).click();
  await slot("schedule", "Check the backups").waitFor();
  const weekly = "task · every Monday, at 9:00 AM (Europe/Paris) · next: Nov 23, 2026, 9:00 AM | happened 3 times, last on Nov 16, 2026, 9:00 AM";
  await becomes(() => words("Check the backups"), weekly);
  await becomes(() => words("List the files"), "task · every 2 hours · paused | has not happened yet");
  await becomes(() => words("Chart the report"), "task · whenever report.csv changes | has not happened yet");
  await becomes(() => page.getByRole("link", { name: "Its last run: waits for your answer" }).getAttribute("href"), "/c/conversation_late");
  await page.getByRole("button", { name: "1 that is over" }).click();
  await becomes(() => words("Call Ada"), "reminder · once, on Nov 1, 2026, 10:00 AM · done | happened once, on Nov 1, 2026, 10:00 AM");
  await page.context().close();
  await settings({ language: "fr" });
  await becomes(() => words("List the files"), "tâche · toutes les 2 heures · en pause | n’a pas encore eu lieu");
});

test("one is paused, resumed, had now and deleted, by the keyboard alone", async () => {
  await settings();
  const press = async (name) => {
    await page.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
  };
  await press("Pause: Check the backups");
  await becomes(() => last().path, "/schedules/weekly/pause");
  await press("Resume: List the files larger than 1 GB in_a_folder_with_a_very_long_name_indeed");
  await becomes(() => last().path, "/schedules/hours/resume");
  await press("Do it now: Chart the report");
  await becomes(() => last().path, "/schedules/file/run");
  await press("Delete: Chart the report");
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).press("Enter");
  await becomes(() => `${last().method} ${last().path}`, "DELETE /schedules/file");
});

test("one is set in words; what is no time is said so, and kept to be mended", async () => {
  await settings();
  const form = slot("add-schedule");
  await form.getByLabel("What is to happen").fill("Say hello");
  await form.getByLabel("When").fill("sometimes");
  await form.locator("[name=kind]").selectOption("reminder");
  await form.getByRole("button", { name: "Set it" }).click();
  await form.getByRole("alert").getByText("every Monday at 9").waitFor();
  await becomes(() => form.getByLabel("When").inputValue(), "sometimes");
  await form.getByLabel("When").fill("every Monday at 9");
  await form.getByRole("button", { name: "Set it" }).click();
  await form.getByText("Set: every Monday").waitFor();
  assert.deepEqual(last().body, { text: "Say hello", when: "every Monday at 9", kind: "reminder", zone: "" });
  await becomes(() => form.getByLabel("When").inputValue(), "");
});

test("who may only look, looks", async () => {
  mock.scopes = ["read"];
  await settings();
  await becomes(() => page.locator("main form").count(), 0);
  await becomes(() => page.getByRole("button", { name: /^(Pause|Do it now|Delete)/ }).count(), 0);
});
