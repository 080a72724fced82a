// Runs the browser tests of a folder beside this one, if this machine has what they need.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromiumPath, shared } from "./browser.mjs";

const folder = fileURLToPath(new URL(`../${process.argv[2]}/`, import.meta.url));
const built = fileURLToPath(new URL("../../../orchestrator/api/static/index.html", import.meta.url));

if (!chromiumPath) {
  console.log("Skipped: there is no Chromium here. Install one (apt install chromium), or name it in CHROMIUM.");
  process.exit(0);
}
if (!existsSync(built)) {
  console.error("The web app is not built. Build it first: ./run web");
  process.exit(1);
}
const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
// No test measures time: the limit (of a whole file) only ends what hangs.
const options = ["--test", "--test-concurrency=2", "--test-timeout=1800000", "--test-force-exit"];
const browser = await shared();
const tests = spawn(process.execPath, [...options, ...files.map((name) => folder + name)], { stdio: "inherit" });
const [status] = await once(tests, "exit");
await browser.close();
process.exit(status ?? 1);
