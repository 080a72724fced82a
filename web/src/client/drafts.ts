/** What was being written in each conversation, kept in this browser until it is sent. */

const PREFIX = "draft:";

const keyOf = (conversation: string | undefined) => PREFIX + (conversation ?? "new");

export function draftOf(conversation: string | undefined): string {
  return localStorage.getItem(keyOf(conversation)) ?? "";
}

export function keepDraft(conversation: string | undefined, text: string): void {
  if (text) localStorage.setItem(keyOf(conversation), text);
  else localStorage.removeItem(keyOf(conversation));
}
