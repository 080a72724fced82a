import type { Conversation } from "@/client/types";

export type Group = "today" | "yesterday" | "week" | "older";

const ORDER: Group[] = ["today", "yesterday", "week", "older"];

/** Conversations by how long ago they were touched, in days of the person's own calendar; newest first. */
export function grouped(items: Conversation[], now: Date): [Group, Conversation[]][] {
  const today = startOfDay(now);
  const groups = new Map<Group, Conversation[]>();
  for (const item of [...items].sort((a, b) => b.updated_at.localeCompare(a.updated_at))) {
    const days = Math.round((today - startOfDay(new Date(item.updated_at))) / 86_400_000);
    const group: Group = days <= 0 ? "today" : days === 1 ? "yesterday" : days <= 7 ? "week" : "older";
    groups.set(group, [...(groups.get(group) ?? []), item]);
  }
  return ORDER.flatMap((group) => (groups.has(group) ? [[group, groups.get(group)!] as [Group, Conversation[]]] : []));
}

function startOfDay(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
}

const plain = (text: string) =>
  text
    .normalize("NFD")
    .replace(/\p{Diacritic}/gu, "")
    .toLowerCase();

/** Those whose title has every word of the filter, accents and case aside. */
export function matching(items: Conversation[], filter: string): Conversation[] {
  const words = plain(filter).split(/\s+/).filter(Boolean);
  return words.length ? items.filter((item) => words.every((word) => plain(item.title).includes(word))) : items;
}
