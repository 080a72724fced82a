/** Who may import whom: app > features > ui > client, and features are strangers to each other. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );
}

const sources = files("src").filter((name) => /\.tsx?$/.test(name));

/** The part of the house a file belongs to: `ui`, or `features/chat`. */
function room(path: string): string {
  const [first, second] = relative("src", path).split("/");
  return first === "features" ? `${first}/${second}` : first!;
}

const imports = sources.flatMap((name) =>
  [...readFileSync(name, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].flatMap(([, target]) => {
    if (target!.startsWith("@/")) return [{ name, from: room(name), to: room(join("src", target!.slice(2))) }];
    if (target!.startsWith(".")) return [{ name, from: room(name), to: room(normalize(join(dirname(name), target!))) }];
    return [];
  }),
);

const ALLOWED: Record<string, string[]> = {
  app: ["app", "features", "ui", "client", "locales"],
  features: ["ui", "client", "locales"],
  ui: ["ui", "client", "locales"],
  client: ["client"],
  locales: ["locales"],
};

describe("the house", () => {
  it.each(imports.map(({ name, from, to }) => [name, from, to]))("%s (%s) may import %s", (_, from, to) => {
    const floor = from!.split("/")[0]!;
    const target = to!.split("/")[0]!;
    expect(from === to || ALLOWED[floor]!.includes(target)).toBe(true);
    if (from === to) return;
    if (floor === "features") expect(target).not.toBe("features");
  });

  it("keeps its files short", () => {
    for (const name of sources.filter((source) => !source.endsWith("schema.ts"))) {
      expect([name, readFileSync(name, "utf8").split("\n").length <= 300]).toEqual([name, true]);
    }
  });

  it("never hands text to the page as HTML, and never evaluates it", () => {
    for (const name of sources) {
      expect(readFileSync(name, "utf8")).not.toMatch(/dangerouslySetInnerHTML|innerHTML|\beval\(|new Function/);
    }
  });
});
