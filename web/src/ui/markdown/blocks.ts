/** Markdown that grows: blocks that can no longer change are lexed once, only the end is lexed again. */

import { lexer, type Token } from "marked";

export interface Reading {
  blocks: Token[];
  /** How many link definitions are known: a block that uses one is drawn again when it arrives. */
  links: number;
}

// A block may still join the one before it (an item its list, a rule its heading), so two are kept open.
const OPEN_BLOCKS = 2;

export class Blocks {
  #settled: Token[] = [];
  #settledText = "";
  #text: string | null = null;
  #done = false;
  #reading: Reading = { blocks: [], links: 0 };

  /** The blocks of `text`; once `done`, of the whole text read at once. */
  read(text: string, done: boolean): Reading {
    if (text === this.#text && done === this.#done) return this.#reading;
    this.#text = text;
    this.#done = done;
    this.#reading = done ? whole(text) : this.#grown(text);
    return this.#reading;
  }

  #grown(text: string): Reading {
    if (!text.startsWith(this.#settledText)) {
      this.#settled = [];
      this.#settledText = "";
    }
    const tokens = lexer(text.slice(this.#settledText.length));
    const solid = tokens.flatMap((token, index) => (token.type === "space" ? [] : [index]));
    const open = solid.at(-OPEN_BLOCKS) ?? 0;
    for (const token of tokens.slice(0, open)) {
      this.#settledText += token.raw;
      if (token.type !== "space") this.#settled.push(token);
    }
    const rest = tokens.slice(open).filter((token) => token.type !== "space");
    const last = rest.pop();
    return { blocks: [...this.#settled, ...rest, ...(last ? closed(last) : [])], links: 0 };
  }
}

/** The block being written, as it will most likely read: signs that are not closed yet do not flash by. */
function closed(block: Token): Token[] {
  if (!["paragraph", "list", "heading", "blockquote"].includes(block.type)) return [block];
  const line = block.raw.slice(block.raw.lastIndexOf("\n") + 1);
  const ended = closedLine(line);
  if (ended === line) return [block];
  const tokens = lexer(block.raw.slice(0, block.raw.length - line.length) + ended);
  return tokens.filter((token) => token.type !== "space");
}

export function closedLine(line: string): string {
  if ((line.match(/`/g)?.length ?? 0) % 2 === 1) return /`$/.test(line) ? line.slice(0, -1) : `${line}\``;
  const ended = line.replace(/!?\[([^\]]*)\]\([^)]*$/, "$1").replace(/!?\[([^\]]+)$/, "$1");
  if (balanced(ended, "**")) {
    // A star that has just begun something says nothing yet.
    return /(^|[^*])\*$/.test(ended) && balanced(ended.slice(0, -1).replaceAll("**", ""), "*") ? ended.slice(0, -1) : ended;
  }
  if (ended.endsWith("**")) return ended.slice(0, -2);
  if (ended.endsWith("*")) return `${ended}*`;
  return `${ended.trimEnd()}**`;
}

/** Whether each of these signs has its pair. */
function balanced(line: string, signs: string): boolean {
  return line.split(signs).length % 2 === 1;
}

function whole(text: string): Reading {
  const tokens = lexer(text);
  return { blocks: tokens.filter((token) => token.type !== "space"), links: Object.keys(tokens.links).length };
}
