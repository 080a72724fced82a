// Runs the browser tests of a folder beside this one, if this machine has what they need.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromiumPath } from "./browser.mjs";

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
const options = ["--test", "--test-concurrency=1", "--test-timeout=1800000", "--test-force-exit"];
const { status } = spawnSync(process.execPath, [...options, ...files.map((name) => folder + name)], { stdio: "inherit" });
process.exit(status ?? 1);
