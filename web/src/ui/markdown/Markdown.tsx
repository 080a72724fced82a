import type { MarkedToken, Token, Tokens } from "marked";
import { memo, type ReactNode, useRef } from "react";
import { classes } from "../classes";
import { CodeBlock } from "./CodeBlock";
import { Blocks } from "./blocks";
import { Inline } from "./Inline";

/** Markdown as React elements: never HTML of the text's own. While it streams, only its last blocks are drawn again. */
export function Markdown({ text, live = false, label }: { text: string; live?: boolean; label: MarkdownLabels }) {
  const reader = useRef<Blocks>(null);
  reader.current ??= new Blocks();
  const { blocks, links } = reader.current.read(text, !live);
  const levels = headingLevels(blocks);
  return (
    <div className="markdown flex min-w-0 flex-col gap-4 leading-7 break-words">
      {blocks.map((token, index) => (
        <Block
          key={index}
          token={token as MarkedToken}
          links={links}
          level={levels[index] ?? LOWEST}
          live={live && index >= blocks.length - 1}
          label={label}
        />
      ))}
    </div>
  );
}

export interface MarkdownLabels {
  copy: string;
  copied: string;
  code: string;
  table: string;
}

interface BlockProps {
  token: MarkedToken;
  /** Of a heading, in the page. */
  level?: number;
  links: number;
  live: boolean;
  label: MarkdownLabels;
}

/** The same words make the same block. */
function same(before: BlockProps, after: BlockProps): boolean {
  return (
    before.token.raw === after.token.raw &&
    before.token.type === after.token.type &&
    before.level === after.level &&
    before.links === after.links &&
    before.live === after.live &&
    before.label === after.label
  );
}

const HIGHEST = 3; // the page has its title, and each message its own heading
const LOWEST = 6;

/** Where each heading stands in the page's outline: none is skipped, whatever the text does. */
function headingLevels(blocks: Token[]): Record<number, number> {
  const levels: Record<number, number> = {};
  let first: number | null = null;
  let before = HIGHEST - 1;
  blocks.forEach((token, index) => {
    if (token.type !== "heading") return;
    const { depth } = token as Tokens.Heading;
    first ??= depth;
    before = Math.max(HIGHEST, Math.min(LOWEST, before + 1, HIGHEST + depth - first));
    levels[index] = before;
  });
  return levels;
}

const HEADINGS = [
  "text-xl font-semibold mt-2",
  "text-lg font-semibold mt-2",
  "text-base font-semibold mt-1",
  "text-base font-semibold",
];

const Block = memo(function Block({ token, level = LOWEST, links, live, label }: BlockProps): ReactNode {
  switch (token.type) {
    case "paragraph":
      return (
        <p>
          <Inline tokens={token.tokens} />
        </p>
      );
    case "heading": {
      const Level = `h${level}` as "h3" | "h4" | "h5" | "h6";
      return (
        <Level className={classes("leading-snug tracking-tight", HEADINGS[Math.min(3, token.depth - 1)])}>
          <Inline tokens={token.tokens} />
        </Level>
      );
    }
    case "code":
      return <CodeBlock text={token.text} language={token.lang?.split(/\s/)[0] ?? ""} live={live} label={label} />;
    case "list":
      return <List token={token} links={links} live={live} label={label} />;
    case "blockquote":
      return (
        <blockquote className="flex flex-col gap-3 border-l-2 border-control pl-4 text-text-2">
          <Nested tokens={token.tokens} links={links} live={live} label={label} />
        </blockquote>
      );
    case "table":
      return <Table token={token} label={label} />;
    case "hr":
      return <hr className="my-2 border-line" />;
    case "checkbox":
      return <Inline tokens={[token]} />;
    case "text":
      return token.tokens ? <Inline tokens={token.tokens} /> : <Inline tokens={[token]} />;
    case "def":
    case "space":
      return null;
    default:
      return <p className="whitespace-pre-wrap">{token.raw}</p>;
  }
}, same);

function Nested({ tokens, links, live, label }: { tokens: Token[] } & Omit<BlockProps, "token">) {
  const blocks = tokens.filter((token) => token.type !== "space") as MarkedToken[];
  return blocks.map((token, index) => (
    <Block key={index} token={token} links={links} live={live && index === blocks.length - 1} label={label} />
  ));
}

function List({ token, links, live, label }: BlockProps & { token: Tokens.List }) {
  const Tag = token.ordered ? "ol" : "ul";
  return (
    <Tag
      start={token.ordered && token.start !== "" && token.start !== 1 ? token.start : undefined}
      className={classes("flex flex-col pl-6 marker:text-text-2", token.ordered ? "list-decimal" : "list-disc", token.loose ? "gap-3" : "gap-1")}
    >
      {token.items.map((item, index) => (
        <Item
          key={index}
          item={item}
          links={links}
          live={live && index === token.items.length - 1}
          label={label}
        />
      ))}
    </Tag>
  );
}

const Item = memo(
  function Item({ item, links, live, label }: { item: Tokens.ListItem } & Omit<BlockProps, "token">) {
    return (
      <li className={classes("pl-1 [&>p+*]:mt-2 [&>ol]:mt-1 [&>ul]:mt-1", item.task && "-ml-6 list-none")}>
        <Nested tokens={item.tokens} links={links} live={live} label={label} />
      </li>
    );
  },
  (before, after) =>
    before.item.raw === after.item.raw &&
    before.item.loose === after.item.loose &&
    before.links === after.links &&
    before.live === after.live &&
    before.label === after.label,
);

function Table({ token, label }: { token: Tokens.Table; label: MarkdownLabels }) {
  return (
    <div role="region" aria-label={label.table} tabIndex={0} className="overflow-x-auto rounded-xl border border-line">
      <table className="w-full border-collapse text-sm">
        <thead className="bg-surface-2 text-left">
          <tr>
            {token.header.map((cell, index) => (
              <Cell key={index} cell={cell} />
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <Row key={index} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(
  function Row({ row }: { row: Tokens.TableCell[] }) {
    return (
      <tr className="border-t border-line">
        {row.map((cell, index) => (
          <Cell key={index} cell={cell} />
        ))}
      </tr>
    );
  },
  (before, after) =>
    before.row.length === after.row.length && before.row.every((cell, index) => cell.text === after.row[index]!.text),
);

function Cell({ cell }: { cell: Tokens.TableCell }) {
  const Tag = cell.header ? "th" : "td";
  return (
    <Tag
      scope={cell.header ? "col" : undefined}
      className={classes(
        "px-4 py-2.5 align-top",
        cell.header && "font-medium",
        cell.align === "right" && "text-right tabular-nums",
        cell.align === "center" && "text-center",
      )}
    >
      <Inline tokens={cell.tokens} />
    </Tag>
  );
}
