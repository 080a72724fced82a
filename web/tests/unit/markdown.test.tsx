import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Blocks, closedLine } from "@/ui/markdown/blocks";
import { Markdown } from "@/ui/markdown/Markdown";
import { decodeEntities, safeAddress } from "@/ui/markdown/text";
import { drawFrom } from "./recording";

const label = { copy: "Copy", copied: "Copied", code: "Code", table: "Table" };
const html = (text: string, live = false) => renderToStaticMarkup(createElement(Markdown, { text, live, label }));

const PIECES = [
  "# Title\n\n",
  "Words with **bold**, *italics*, `code` and [a link](https://example.org).\n\n",
  "- one\n- two\n  - nested\n- three\n\n",
  "1. first\n\n   more of it\n\n2. second\n\n",
  "```python\nprint('a')\n\n# not a title\n```\n\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n",
  "> quoted\n> on two lines\n\n",
  "---\n\n",
  "Title below\n===========\n\n",
  "A line\nand another\n\n",
  "🎼 é \u00a0 text\n\n",
];

describe("blocks of a text that grows", () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))("end as the whole text reads (seed %i)", (seed) => {
    const draw = drawFrom(seed);
    const text = Array.from({ length: 1 + draw(12) }, () => PIECES[draw(PIECES.length)]).join("");
    const growing = new Blocks();
    for (let at = 0; at < text.length; at += 1 + draw(9)) growing.read(text.slice(0, at), false);
    const grown = growing.read(text, false).blocks.map((token) => token.raw.trimEnd());
    const whole = new Blocks().read(text, true).blocks.map((token) => token.raw.trimEnd());
    expect(grown.join("\n")).toBe(whole.join("\n"));
  });

  it("lex again only the end", () => {
    const growing = new Blocks();
    const first = growing.read("one\n\ntwo\n\nthree\n\nfour", false).blocks;
    const then = growing.read("one\n\ntwo\n\nthree\n\nfour and more", false).blocks;
    expect(then[0]).toBe(first[0]);
    expect(then[1]).toBe(first[1]);
    expect(then.at(-1)!.raw).toBe("four and more");
  });

  it("begin anew when the text is another", () => {
    const growing = new Blocks();
    growing.read("one\n\ntwo\n\nthree\n\nfour", false);
    expect(growing.read("other", false).blocks.map((token) => token.raw)).toEqual(["other"]);
  });
});

describe("a line being written", () => {
  it.each([
    ["see [the hand", "see the hand"],
    ["see [the handbook](https://exam", "see the handbook"],
    ["see [the handbook](https://example.org) now", "see [the handbook](https://example.org) now"],
    ["this is **bo", "this is **bo**"],
    ["this is **bold*", "this is **bold**"],
    ["this is **bold**", "this is **bold**"],
    ["this is *", "this is "],
    ["run `ls -l", "run `ls -l`"],
    ["run `", "run "],
    ["- [ ] open", "- [ ] open"],
    ["* item", "* item"],
  ])("%s", (line, ended) => {
    expect(closedLine(line)).toBe(ended);
  });
});

describe("what is written", () => {
  it("is never HTML of its own", () => {
    const made = html("<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> text <b onclick=x>bold</b>");
    expect(made).not.toMatch(/<(script|img|b)\b/);
    expect(made).toContain("&lt;script&gt;");
  });

  it("links only where it is safe, and tells nobody", () => {
    const made = html("[a](https://example.org/?q=1&amp;r=2) [b](javascript:alert(1)) [c](data:text/html,x) [d](/local)");
    expect(made).toContain('href="https://example.org/?q=1&amp;r=2" target="_blank" rel="noopener noreferrer"');
    expect(made.match(/<a /g)).toHaveLength(1);
  });

  it("fetches no picture by itself", () => {
    const made = html("![a cat](https://example.org/cat.png)");
    expect(made).not.toContain("<img");
    expect(made).toContain('href="https://example.org/cat.png"');
    expect(made).toContain("a cat");
  });

  it("keeps the order of headings under the page's own", () => {
    const levels = (text: string) => [...html(text).matchAll(/<h(\d)/g)].map((match) => Number(match[1]));
    expect(levels("# One\n\n###### Six\n\n## Two")).toEqual([3, 4, 4]);
    expect(levels("### Three\n\n#### Four\n\n# One")).toEqual([3, 4, 3]);
  });

  it("shows tables, tasks and code", () => {
    const made = html("| a | b |\n|:--|--:|\n| 1 | `x<y` |\n\n- [x] done\n- [ ] open\n\n```js\nlet a = '<b>';\n```");
    expect(made).toMatch(/<th scope="col"[^>]*>a<\/th>/);
    expect(made).toContain("x&lt;y");
    expect(made).toMatch(/lucide-square-check.*\[x\].*lucide-square .*\[ \]/);
    expect(made).toContain("let a = &#x27;&lt;b&gt;&#x27;;");
  });
});

describe("text", () => {
  it("means what its entities mean", () => {
    expect(decodeEntities("a &amp; b &lt;c&gt; &#233; &#x1F3BC; &nbsp;&unknown; &#xD800;")).toBe(
      "a & b <c> é 🎼 \u00a0&unknown; \ufffd",
    );
  });

  it("has addresses that can be followed", () => {
    expect(safeAddress("https://example.org/a b")).toBe("https://example.org/a%20b");
    expect(safeAddress("mailto:someone@example.org")).toBe("mailto:someone@example.org");
    for (const bad of ["java&#115;cript:x", " javascript:x", "vbscript:x", "//example.org", "#top", "file:///x", "https://"])
      expect(safeAddress(bad)).toBeNull();
  });
});
