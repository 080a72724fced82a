/** A text that grows costs its end, not its length: what is lexed for each piece is counted. */

import { lexer } from "marked";
import { expect, it, vi } from "vitest";
import { Blocks } from "@/ui/markdown/blocks";

vi.mock("marked", async (original) => {
  const marked = await original<typeof import("marked")>();
  return { ...marked, lexer: vi.fn(marked.lexer) };
});

const PART = "### Title\n\nA line with **bold** words and `code`.\n\n- one\n- two\n\n```js\nlet a = 1;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n";
const LONGEST_BLOCK = 60;
const PIECE = 24;

it("lexes for each piece of 30,000 characters no more than the blocks it may still change", () => {
  const text = PART.repeat(Math.ceil(30_000 / PART.length));
  const growing = new Blocks();
  const lexed: number[] = [];
  for (let end = PIECE; end < text.length; end += PIECE) {
    vi.mocked(lexer).mockClear();
    growing.read(text.slice(0, end), false);
    lexed.push(vi.mocked(lexer).mock.calls.reduce((sum, [part]) => sum + part.length, 0));
  }
  // Two open blocks and the piece, and the last of them once more with its signs closed.
  expect(Math.max(...lexed)).toBeLessThanOrEqual(2 * (2 * LONGEST_BLOCK + PIECE));
  expect(growing.read(text, false).blocks.length).toBeGreaterThan(500);
});
