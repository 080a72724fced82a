// Beside every text file of the build, the same compressed: the server sends whichever the browser takes.

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const built = fileURLToPath(new URL("../../orchestrator/api/static", import.meta.url));

for (const name of readdirSync(built, { recursive: true })) {
  const path = join(built, name);
  if (!/\.(js|css|html|svg|json)$/.test(name) || statSync(path).size < 1_000) continue;
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
}
