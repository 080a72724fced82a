import { launch, open, say, accessible, roomy } from "./browser.mjs";
const browser = await launch();
const origin = "http://127.0.0.1:8123";
const link = process.argv[2];
const page = await open(browser, origin, { path: link });
await page.locator("textarea[data-composer]").waitFor();
let n = 0; const shot = async (name) => { await page.waitForTimeout(300); await page.screenshot({ path: `/tmp/shots/real-${name}.png` }); };
await shot("welcome");
for (const [name, goal] of [["e1","What time is it, and what is 12*37?"],["e2",'Write "Hello from the agent" to hello.txt, then read hello.txt'],["e3","List the files of the workspace"],["e4","How much memory and disk space does this machine have?"],["f1","Quelle heure est-il, et combien font 12*37 ?"],["f2","Écris « Bonjour de l’agent » dans bonjour.txt, puis lis bonjour.txt"],["f3","Liste les fichiers de l’espace de travail"],["f4","Combien de mémoire et d’espace disque a cette machine ?"]]) {
  await page.goto(origin + "/"); await say(page, goal);
  await page.locator("article footer").waitFor({ timeout: 15000 }).catch(e => console.log(name, "no end"));
  console.log(name, (await page.locator("article").innerText()).replace(/\n+/g, " | ").slice(0, 500));
  if (name === "e1" || name === "f4") { for (const c of await page.locator("[data-slot=tool] button[aria-expanded]").all()) await c.click(); await shot(name); }
}
await page.goto(origin + "/"); await say(page, "Run the command: curl https://example.org");
await page.locator("[data-slot=approval], article footer").first().waitFor();
console.log((await page.locator("article").innerText()).replace(/\n+/g, " | ").slice(0, 700));
await shot("approval");
console.log(page.wrong);
await page.context().storageState({ path: "/tmp/state.json" });
process.exit(0);
