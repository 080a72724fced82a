import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import askingEn from "@/locales/asking.en.json";
import askingFr from "@/locales/asking.fr.json";
import costsEn from "@/locales/costs.en.json";
import costsFr from "@/locales/costs.fr.json";
import promptsEn from "@/locales/prompts.en.json";
import safetyEn from "@/locales/safety.en.json";
import promptsFr from "@/locales/prompts.fr.json";
import safetyFr from "@/locales/safety.fr.json";
import schedulesEn from "@/locales/schedules.en.json";
import schedulesFr from "@/locales/schedules.fr.json";
import settingsEn from "@/locales/settings.en.json";
import settingsFr from "@/locales/settings.fr.json";
import { chosen } from "@/locales/chosen";
import en from "@/locales/en.json";
import own from "@/locales/fr.json";
import problems from "@/locales/problems.fr.json";

type Tree = { [key: string]: string | string[] | Tree };

// French has a third plural form, for millions; English does not.
const plural = (key: string) => key.replace(/_(one|many|other)$/, "");

function flat(tree: Tree, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([key, value]): [string, string][] =>
      typeof value === "string"
        ? [[prefix + key, value]]
        : Array.isArray(value)
          ? [[prefix + key, value.map(() => "item").join()]]
          : [...flat(value, `${prefix}${key}.`)],
    ),
  );
}

// Of what went wrong, the server's English says what helps: only French needs words of its own for it.
const said = Object.fromEntries(
  Object.entries(problems).map(([code, { title, hint }]) => [code, "hint" in en.problems[code as keyof typeof en.problems] ? { title, hint } : { title }]),
) as unknown as Tree;
const english = flat({ ...en, asking: askingEn, costs: costsEn, prompts: promptsEn, safety: safetyEn, schedules: schedulesEn, settings: settingsEn });
const french = flat({ ...own, asking: askingFr, costs: costsFr, prompts: promptsFr, safety: safetyFr, schedules: schedulesFr, settings: settingsFr, problems: said });

const sources = (function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)],
  );
})("src")
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(name, "utf8"))
  .join("\n");

describe("why a model was chosen", () => {
  const passed = "ollama: Nothing listens at http://127.0.0.1:11434 (twice); lab has no model for chat, vision";
  it.each([
    ["lab/m was asked for.", "lab/m a été demandé."],
    [`No language model can be had (${passed}); the embedded model stands in.`, "rien n’écoute à http://127.0.0.1:11434 (twice); lab n’a pas de modèle pour chat, vision)"],
    ["lab/m is the only one that can.", "lab/m est le seul à pouvoir le faire."],
    [`a/b is the best there is for an extract task (81% expected, 90% wanted) (${passed}).`, "pour une extraction (81% attendus, 90% voulus) (ollama"],
    ["a/b is the cheapest of 2 good enough for a code task (about $0.02, 95% expected, 90% wanted). What it costs is not known.", "(environ 0.02\u00a0$, 95% attendus, 90% voulus). On ne sait pas"],
    ["c/d took over: Nobody there. Chosen first: cascade/two was asked for: a/b, then c/d.", "Choix d’abord\u00a0: cascade/two a été demandé, dans cet ordre\u00a0: a/b, puis c/d."],
    ["What a plug of somebody says.", "What a plug of somebody says."],
  ])("%s", (said, french) => {
    expect(chosen(said)).toContain(french);
  });
});

describe("the languages", () => {
  it("have the same keys", () => {
    expect(new Set([...french.keys()].map(plural))).toEqual(new Set([...english.keys()].map(plural)));
  });

  it("have the same values to fill in", () => {
    const gaps = (text: string) => [...text.matchAll(/\{\{(\w+)(?:, \w+)?\}\}|`(.+)`/g)].map((match) => match[1] ?? match[2]).sort();
    for (const [key, text] of english) expect([key, gaps(french.get(key)!)]).toEqual([key, gaps(text)]);
  });

  it("have no empty text, and French spaces its punctuation", () => {
    for (const text of [...english.values(), ...french.values()]) expect(text.trim()).not.toBe("");
    for (const [key, text] of french) expect([key, / [?!;:»]|« /.test(text)]).toEqual([key, false]);
  });

  it("say nothing that is never shown", () => {
    const prefixes = [...sources.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map((match) => match[1]!);
    for (const key of new Set([...english.keys()].map(plural))) {
      const used = sources.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(prefix));
      expect([key, used]).toEqual([key, true]);
    }
  });
});
