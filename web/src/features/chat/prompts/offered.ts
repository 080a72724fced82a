import type { McpServerShown, ServerPrompt } from "@/client/types";

/** A prompt that was looked at, and how it is called in a message. */
export interface Offered {
  called: string;
  server: string;
  prompt: ServerPrompt;
}

const MOST = 50;

/** Those whose name or description holds what is typed; a name that begins so first. */
export function matching(servers: McpServerShown[], typed: string): Offered[] {
  const wanted = typed.toLowerCase();
  return servers
    .flatMap(({ name, prompts }) => prompts.map((prompt) => ({ called: `/${name}:${prompt.name}`, server: name, prompt })))
    .filter(({ called, prompt }) => prompt.state === "offered" && `${called} ${prompt.title} ${prompt.description}`.toLowerCase().includes(wanted))
    .sort((one, other) => rank(one, wanted) - rank(other, wanted) || one.called.localeCompare(other.called))
    .slice(0, MOST);
}

const rank = ({ called }: Offered, wanted: string) => Number(!called.toLowerCase().startsWith(`/${wanted}`));
