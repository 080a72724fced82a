/** Why a model was chosen: the server says it in a few sentences of English, also in journals of long ago. */

import told from "./choices.fr.json";

type Part = "whole" | "clause" | "passed";

const rules = (part: Part) =>
  Object.values(told[part]).map(([said, french]) => {
    const pattern = said!
      .split(/\{\{(\w+)\}\}/)
      .map((text, index) => (index % 2 === 0 ? text.replace(/[$()*+.?[\]^{|}]/g, "\\$&") : text === "task" ? "an? (?<task>\\w+) task" : `(?<${text}>.+?)`));
    return [new RegExp(`^${pattern.join("")}$`, "s"), french!] as const;
  });

const RULES = { whole: rules("whole"), clause: rules("clause"), passed: rules("passed") };

/** In French; as the server says it where its sentence is not known. */
export const chosen = (text: string): string => whole(text) ?? text;

function whole(text: string): string | null {
  const plain = text.replace(/\.$/, "");
  const known = said("whole", text) ?? (said("clause", plain)?.concat(".") ?? null);
  if (known !== null || !plain.endsWith(")")) return known;
  for (let at = plain.indexOf(" ("); at >= 0; at = plain.indexOf(" (", at + 1)) {
    const clause = said("clause", plain.slice(0, at));
    if (clause !== null) return `${clause} (${passed(plain.slice(at + 2, -1))}).`;
  }
  return null;
}

const passed = (text: string) => text.split("; ").map((one) => said("passed", one) ?? one).join("; ");

function said(part: Part, text: string): string | null {
  for (const [pattern, french] of RULES[part]) {
    const gaps = pattern.exec(text)?.groups ?? (pattern.test(text) ? {} : null);
    if (gaps) return french.replace(/\{\{(\w+)\}\}/g, (_, name: string) => gap(name, gaps[name]!));
  }
  return null;
}

function gap(name: string, value: string): string {
  if (name === "task") return (told.tasks as Record<string, string>)[value] ?? value;
  if (name === "models") return value.replaceAll(", then ", ", puis ");
  return name === "rest" ? chosen(value) : name === "passed" ? passed(value) : value;
}
