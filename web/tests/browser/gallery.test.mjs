// The gallery: every state of every part, in every theme and language, wide and narrow.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { becomes, clean, launch, open, painted, presentable, roomy } from "./browser.mjs";
import { Mock } from "./mock.mjs";

const WEB = fileURLToPath(new URL("../..", import.meta.url));
let browser, mock;

before(async () => {
  const vite = ["node_modules/vite/bin/vite.js", "build", "--mode", "gallery", "--outDir", "dist/gallery", "--logLevel", "error"];
  execFileSync(process.execPath, [...vite, "--emptyOutDir"], { cwd: WEB, stdio: "inherit" });
  mock = await new Mock(`${WEB}dist/gallery`).listen();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await mock?.close();
});

for (const language of ["en", "fr"]) {
  test(language, async () => {
    const page = await open(browser, mock.url, { path: "/gallery", language });
    await page.locator("article").nth(7).waitFor();
    await page.evaluate(() => {
      for (const opener of document.querySelectorAll("[aria-expanded=false]:not([aria-haspopup])")) opener.click();
    });
    await becomes(() => page.locator("[aria-expanded=false]:not([aria-haspopup])").count(), 0, "all is open");
    await page.locator("pre span[style]").first().waitFor();
    for (const turn of await page.locator("article").all()) {
      await turn.scrollIntoViewIfNeeded(); // what was never seen has no size of its own
      await painted(page);
    }
    await presentable(page, "gallery");
    await page.setViewportSize({ width: 320, height: 700 });
    await page.waitForFunction(() => innerWidth === 320);
    await roomy(page, "gallery, narrow");
    clean(page);
    await page.context().close();
  });
}
