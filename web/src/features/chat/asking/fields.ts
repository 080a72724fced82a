/** The form of a question, as JSON Schema has it: flat, of texts, numbers, yes or no, and choices. */

export interface Field {
  type?: "string" | "number" | "integer" | "boolean" | "array";
  title?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  enumNames?: string[];
  oneOf?: { const: string; title?: string }[];
  anyOf?: { const: string; title?: string }[];
  items?: Field;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

export interface Choice {
  value: string;
  label: string;
}

/** The values a field may have, where they are counted. */
export function choices(field: Field): Choice[] {
  if (field.type === "array") return choices(field.items ?? {});
  const several = field.oneOf ?? field.anyOf;
  if (several) return several.map((one) => ({ value: one.const, label: one.title ?? one.const }));
  return (field.enum ?? []).map((value, index) => ({ value, label: field.enumNames?.[index] ?? value }));
}

/** What was filled in, each as its field wants it; what was left empty is left out. */
export function filledIn(fields: Record<string, Field>, said: FormData): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (field.type === "boolean") {
      found[name] = said.has(name);
    } else if (field.type === "array") {
      found[name] = said.getAll(name).map(String);
    } else {
      const text = String(said.get(name) ?? "");
      if (text.trim() === "") continue;
      found[name] = field.type === "number" || field.type === "integer" ? Number(text) : text;
    }
  }
  return found;
}
