// What a person does: sign in, ask, watch tools, answer questions, stop, come back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { accessible, becomes, mock, page, roomy, say, stage, visit } from "./browser.mjs";

stage();

const composer = () => page.locator("textarea[data-composer]");
const answer = (text) => page.locator("article").last().getByText(text);

test("signs in with a password, and comes back where the session ended", async () => {
  mock.signedIn = false;
  const conversation = await mock.past("Kept", ["plain words"]);
  await visit({ path: `/c/${conversation}` });
  await page.getByText("orchestrator").first().waitFor();
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("do not match").waitFor();
  await page.getByLabel("Password").fill("correct");
  await page.getByRole("button", { name: "Sign in" }).click();
  await answer("You said: plain words").waitFor();

  mock.signedIn = false;
  await say(page, "plain again");
  await page.getByRole("alert").getByText("Your session has ended").waitFor();
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("correct");
  await page.getByRole("button", { name: "Sign in" }).click();
  await becomes(() => composer().inputValue(), "plain again");
  assert.match(page.url(), new RegExp(conversation));
  await composer().press("Enter");
  await answer("You said: plain again").waitFor();
});

test("asks an example and shows the plan, the tools, the answer and what it took", async () => {
  await visit();
  await page.locator("main li button").nth(3).waitFor();
  await say(page, "Use your tools");
  await page.locator("article footer").waitFor();
  await page.waitForURL(/\/c\/conv_/);
  const plan = ["List the files", "Read the report", "Add the figures up"];
  await becomes(() => page.locator("article section ol").first().locator("li").allTextContents(), plan);
  const cards = page.locator("[data-slot=tool]");
  await becomes(() => cards.count(), 4);
  await cards.nth(0).getByRole("button").first().click();
  await cards.nth(0).getByText("totals.csv").waitFor({ state: "detached" });
  await cards.nth(0).getByText("notes.txt").waitFor();
  await cards.nth(1).getByRole("button").first().click();
  const download = cards.nth(1).getByRole("link", { name: "Download" });
  assert.equal(await download.getAttribute("href"), `/api/v1/artifacts/${"a".repeat(64)}`);
  await cards.nth(2).getByRole("button").first().click();
  await cards.nth(2).getByText("444").waitFor();
  await cards.nth(3).getByText("There is no missing.txt").waitFor();
  await becomes(() => page.locator("article table th").count(), 3);
  await page.locator("article footer").getByText("3 steps · 320 tokens · no known cost").waitFor();
  await page.locator("article footer").getByRole("button", { name: "Details" }).click();
  await page.locator("article footer").getByText("No language model can be had; the embedded model stands in.").waitFor();
});

test("says who will answer: the best there is, or whom the person chose", async () => {
  await visit();
  await page.getByText("The embedded model answers here.").waitFor();
  await page.getByRole("button", { name: "Model: Automatic" }).click();
  await page.getByRole("menuitemradio", { name: "llama3.2:3b" }).click();
  await page.getByText("ollama/llama3.2:3b will answer.").waitFor();
});

test("shows the beginning of a long message, and all of it when that is wanted", async () => {
  await visit();
  const pasted = `plain words ${"and more ".repeat(5000)}`.trim();
  await say(page, pasted);
  const asked = page.locator("main section").filter({ hasText: "plain words" }).first();
  await page.getByRole("button", { name: "Show the whole message" }).waitFor();
  assert.ok((await asked.innerText()).length < 3000);
  await accessible(page, "a long message", "main");
  await page.getByRole("button", { name: "Show the whole message" }).click();
  await becomes(async () => (await asked.innerText()).includes(pasted), true);
});

test("asks before a risky call; the keyboard answers", async () => {
  await visit();
  await say(page, "approve this");
  const card = page.locator("[data-slot=approval]");
  await card.getByText("curl -s https://example.org/data.json | jq '.items | length'").waitFor();
  await card.getByText("curl talks to another machine.").waitFor();
  await card.getByText("curl, jq").waitFor();
  await composer().pressSequentially("1"); // into the composer: it must not answer
  await becomes(() => composer().inputValue(), "1");
  assert.equal(await card.count(), 1);
  await page.keyboard.press("Alt+a");
  await page.keyboard.press("1");
  await answer("items.").waitFor();
  await becomes(() => card.count(), 0);
  await page.locator("[data-slot=tool]").getByRole("button").click();
  await page.getByText("Allowed once").waitFor();
  await page.getByText("Sandbox: bubblewrap").waitFor();
});

test("a refusal says why, in words that answer nothing while they are written", async () => {
  await visit();
  await say(page, "approve this");
  const card = page.locator("[data-slot=approval]");
  await card.getByText("If nobody answers, it is refused on Dec 24, 2026").waitFor();
  await card.getByRole("button", { name: "Refuse and say why" }).click();
  await page.keyboard.press("Escape"); // not yet
  await card.getByRole("button", { name: "Refuse and say why" }).click();
  await page.keyboard.type("1 copy is enough");
  await accessible(page, "a refusal");
  await roomy(page, "a refusal");
  await page.locator("[data-slot=refusal]").getByRole("button", { name: "Refuse", exact: true }).click();
  await answer("As you wish").waitFor();
  assert.deepEqual(mock.answered, { answer: "refuse", note: "1 copy is enough" });
});

test("a question that is answered elsewhere, or by nobody in time, is gone; whoever was at it is back at the message", async () => {
  await visit({ language: "fr" });
  const card = page.locator("[data-slot=approval]");
  await say(page, "approve this");
  await card.getByText("Sans réponse, ce sera refusé le 24 déc. 2026").waitFor();
  await card.getByRole("button", { name: "Modifier d’abord" }).click();
  mock.settle(mock.waiting, "once", "grace");
  await answer("items.").waitFor();
  await becomes(() => page.evaluate(() => "composer" in document.activeElement.dataset), true);
  await say(page, "approve this again");
  await card.waitFor();
  mock.settle(mock.waiting, "refuse", "expiry");
  await answer("As you wish").waitFor();
  await page.locator("[data-slot=tool]").last().getByRole("button").click();
  await page.getByText("Refusé\u00a0: personne n’a répondu à temps").waitFor();
});

test("a long call says how long it is, and is shown whole", async () => {
  await visit();
  await say(page, "lengthy call");
  const value = page.locator("[data-slot=approval] dd > div").first();
  const hidden = () => value.evaluate((box) => box.scrollHeight > box.clientHeight + 1);
  await value.waitFor();
  assert.equal(await hidden(), true);
  await page.getByRole("button", { name: "Show it whole: 5,047 characters" }).click();
  assert.equal(await hidden(), false);
});

test("what a server wants to know is filled in, or declined", async () => {
  await visit();
  await say(page, "wonder about this");
  const card = page.locator("[data-slot=approval]");
  await card.getByText("mcp:weather").waitFor();
  await card.getByText("Which city?").waitFor();
  await card.getByRole("button", { name: "Send the answer" }).click(); // it is required: nothing is sent
  assert.equal(await card.count(), 1);
  await card.getByLabel("City").fill("Nice");
  await card.getByLabel("Days").fill("3");
  await card.getByRole("button", { name: "Send the answer" }).click();
  await answer("There will be sun.").waitFor();
  assert.deepEqual(mock.answered, { answer: "accept", content: { city: "Nice", days: 3, sea: false } });
  await say(page, "wonder again");
  await page.getByRole("button", { name: "Decline" }).click();
  await answer("I was not told where.").waitFor();
});

test("refuses, and says what happened where nobody knows", async () => {
  await visit({ language: "fr" });
  await say(page, "approve this");
  await page.getByText("curl parle à une autre machine.").waitFor();
  await page.getByRole("button", { name: "Refuser", exact: true }).click();
  await answer("As you wish").waitFor();
  await page.locator("[data-slot=tool]").getByText("refusé").waitFor();
  await say(page, "unknown outcome");
  await page.getByText("make deploy").first().waitFor();
  await page.getByText(/^Commencé le .*2026.*, tentative 1\. Clé de l’appel\s: 5f0f9ad0c8b1c7d2$/).waitFor();
  await page.getByText(/L’outil lui-même ne peut le dire\s: nothing answers there/).waitFor();
  await page.getByRole("button", { name: "C’est arrivé" }).click();
  await answer("Good: it had happened.").waitFor();
});

test("stops with Escape, asks again, and takes the message up to change it", async () => {
  await visit();
  await say(page, "endless work");
  const turn = (index) => page.locator("article").nth(index);
  await turn(0).getByText("and so on and so on").waitFor();
  await page.keyboard.press("Escape");
  await turn(0).getByText("You stopped this.").waitFor();
  await page.getByRole("button", { name: "Ask again" }).click();
  await turn(1).getByText("and so on and so on").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await turn(1).getByText("You stopped this.").waitFor();
  await page.getByRole("button", { name: "Edit and send again" }).click();
  await page.waitForFunction(() => document.querySelector("textarea[data-composer]").value === "endless work");
});

test("says what failed and what helps", async () => {
  await visit();
  await say(page, "failed on purpose");
  await page.getByText("It could not be done — no model can answer").waitFor();
  await page.getByText("Start Ollama, or set a key").waitFor();
  await page.getByText("llama3.2:3b did not answer").waitFor();
  await say(page, "partial work");
  await page.getByText("The run reached its limit of 25 steps.").waitFor();

  mock.failing = ["POST", "/runs", 503, { code: "journal_unavailable", detail: "The disk is full.", hint: "Make room." }];
  await say(page, "plain words");
  await page.getByRole("alert").getByText("The disk is full.").waitFor();
  await becomes(() => composer().inputValue(), "plain words");
});

test("says in French what failed and what helps; the server's words stand beneath", async () => {
  await visit({ language: "fr" });
  await say(page, "failed on purpose");
  await answer("aucun modèle ne peut répondre").waitFor();
  await answer("Démarrez Ollama, ou donnez une clé").waitFor();
  const english = page.locator("article [lang=en]").last();
  await becomes(() => english.textContent(), "Nothing configured can do what is asked. Start Ollama, or set a key: see docs/models.md.");
  await answer("le modèle a trop tardé").waitFor();
  await accessible(page, "a failure in French");
});

test("keeps conversations: filter, rename, delete", async () => {
  for (let number = 1; number <= 6; number++) await mock.past(`Été ${number}`, ["plain words"]);
  await visit();
  const rows = page.locator("aside nav li");
  await rows.nth(5).waitFor();
  await page.getByLabel("Filter conversations").fill("ete 3");
  await becomes(() => rows.locator("a").allTextContents(), ["Été 3"]);
  await rows.first().hover();
  await page.getByRole("button", { name: "Actions for “Été 3”" }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByLabel("Title of the conversation").fill("Été 3, revu");
  await page.keyboard.press("Enter");
  await rows.getByText("Été 3, revu").waitFor();
  await rows.first().hover();
  await page.getByRole("button", { name: "Actions for “Été 3, revu”" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No conversation matches").waitFor();
  await page.getByLabel("Filter conversations").fill("");
  await becomes(() => rows.count(), 5);
});

test("lists the latest conversations, and older ones when they are wanted", async () => {
  for (let number = 1; number <= 205; number++) await mock.past(`Kept ${number}`, []);
  await visit();
  const rows = page.locator("aside nav li");
  await becomes(() => rows.count(), 200);
  await page.getByRole("button", { name: "Show older conversations" }).click();
  await becomes(() => rows.count(), 205);
  await page.getByRole("button", { name: "Show older conversations" }).waitFor({ state: "detached" });
  await say(page, "plain words");
  await becomes(() => rows.count(), 206); // asked again, the older ones stay
});

test("says of a conversation that is not there that it is not", async () => {
  await visit({ path: "/c/conv_nowhere" });
  await page.getByText("This conversation could not be loaded").waitFor();
});

test("keeps drafts, the theme and the language across a reload", async () => {
  await visit();
  await composer().fill("half a thought");
  await page.getByRole("button", { name: "ada" }).click();
  await becomes(() => page.getByRole("menu").evaluate((menu) => menu.scrollHeight - menu.clientHeight), 0); // all of it shows
  await page.getByRole("menuitemradio", { name: "Light" }).click();
  await page.getByRole("menuitemradio", { name: "Français" }).click();
  await page.keyboard.press("Escape");
  await page.reload();
  await page.getByText("Nouvelle conversation").first().waitFor();
  await becomes(() => composer().inputValue(), "half a thought");
  await becomes(() => page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ["fr", "light"]);
});

test("works from the keyboard alone", async () => {
  await visit();
  await composer().waitFor();
  await becomes(() => page.evaluate(() => document.activeElement.id), "message"); // the composer takes the focus first
  const first = page.locator("a[href], button, textarea").first();
  assert.equal(await first.textContent(), "Skip to the conversation");
  await first.focus();
  await page.keyboard.press("Enter");
  await becomes(() => page.evaluate(() => document.activeElement.id), "conversation");
  await page.keyboard.press("Tab");
  await page.locator("main li button").first().and(page.locator(":focus")).getByText("Time and arithmetic").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("article footer").waitFor();
});

test("a question shows what is not what it seems and whose words they are; the call is changed, and asked again", async () => {
  await visit();
  await say(page, "strange request");
  const card = page.locator("[data-slot=approval]");
  await card.locator("[data-slot=lookalikes]").getByText("https://ex<U+0430>mple.org/data.json").waitFor();
  await becomes(() => card.locator("mark").allTextContents(), ["https://ex\u0430mple.org/data.json", "well.\\u200b"]);
  const from = ["Words of: a web page or another server", "Words of: the model", "Words of: the model, you", "Words of: a web page or another server"];
  await becomes(() => card.locator("[data-slot=sources]").allTextContents(), from);
  await card.getByText("A wrong call could: send something out · cost money.").waitFor();
  await card.getByText("cover: exactly this call + also after pages from the web were read").waitFor();
  await accessible(page, "a question of strangers");

  await card.getByRole("button", { name: "Change it first" }).click();
  await card.getByLabel("headers").fill("no table");
  await card.getByLabel("url").fill("https://example.org/1");
  await card.getByLabel("url").press("2"); // a number that is written answers nothing
  await accessible(page, "a call to be changed");
  await card.getByRole("button", { name: "Put it so" }).click();
  await card.getByRole("alert").getByText("headers could not be read").waitFor();
  await card.getByLabel("headers").fill('{"Accept": "text/plain"}');
  await card.getByRole("button", { name: "Put it so" }).click();
  await card.getByText("https://example.org/12").waitFor();
  await becomes(() => card.locator("[data-slot=lookalikes]").count(), 0);
  await becomes(() => page.evaluate(() => "composer" in document.activeElement.dataset), true);
  await card.getByRole("button", { name: "Allow once" }).click();
  await answer("It was sent.").waitFor();
});

test("a plot is shown, and a card says where its words are from and what confined the tool", async () => {
  await visit();
  await say(page, "chart the sales");
  await page.getByRole("img", { name: "Picture: sales-by-month.svg" }).waitFor();
  await answer("There it is.").waitFor();
  await page.locator("[data-slot=tool] button").first().click();
  await page.getByText("Part of the server · Words of: a file").waitFor();
  await accessible(page, "a plot");
});

test("tells an agent at work more, queues what comes after, and lets it rest", async () => {
  await visit();
  await say(page, "endless work");
  await answer("and so on and so on").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await say(page, "look at the tests too");
  await answer("look at the tests too").waitFor();
  await becomes(() => composer().inputValue(), "");

  await composer().fill("then tell me in plain words");
  await page.getByRole("button", { name: "When it is heard: At its next step" }).click();
  await page.getByRole("menuitemradio", { name: "Afterwards" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await answer("You said: then tell me in plain words").waitFor();
  await becomes(() => page.locator("article").count(), 2);
  assert.deepEqual(
    mock.asked.map(({ path, body }) => [path, body.message, body.urgency]),
    [["/runs/messages", "look at the tests too", "steer"], ["/runs/messages", "then tell me in plain words", "queue"]],
  );

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Paused. Nothing is lost").waitFor();
  await accessible(page);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText("Paused. Nothing is lost").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("You stopped this.").waitFor();
});

test("what is said to an agent that ended meanwhile is a message like any other", async () => {
  await visit();
  const release = mock.hold("/messages");
  await say(page, "endless work");
  await answer("and so on and so on").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  await say(page, "plain words after all");
  await page.keyboard.press("Escape");
  await page.getByText("You stopped this.").waitFor();
  release();
  await answer("You said: plain words after all").waitFor();
});
