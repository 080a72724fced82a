import { ImageIcon, Square, SquareCheck } from "lucide-react";
import type { MarkedToken, Token } from "marked";
import type { ReactNode } from "react";
import { decodeEntities, safeAddress } from "./text";

const LINK = "text-primary underline decoration-1 underline-offset-3 hover:decoration-2 break-words";

export function Inline({ tokens }: { tokens: Token[] | undefined }): ReactNode {
  return tokens?.map((token, index) => <Piece key={index} token={token as MarkedToken} />);
}

function Piece({ token }: { token: MarkedToken }): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens ? <Inline tokens={token.tokens} /> : decodeEntities(token.text);
    case "strong":
      return (
        <strong className="font-semibold">
          <Inline tokens={token.tokens} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      );
    case "codespan":
      return (
        <code className="rounded-md bg-surface-3 px-1.5 py-0.5 font-mono text-[0.875em] break-words">{token.text}</code>
      );
    case "br":
      return <br />;
    case "escape":
      return decodeEntities(token.text);
    case "checkbox": {
      const Box = token.checked ? SquareCheck : Square;
      return (
        <>
          <Box aria-hidden className="mr-2 inline size-4 text-text-2" />
          <span className="sr-only">{token.raw}</span>
        </>
      );
    }
    case "link":
      return <Link address={token.href}>{token.tokens ? <Inline tokens={token.tokens} /> : token.text}</Link>;
    case "image":
      // A picture elsewhere is never fetched by itself: it could tell its owner who reads this.
      return (
        <Link address={token.href}>
          <ImageIcon aria-hidden className="mr-1 inline size-4" />
          {decodeEntities(token.text) || token.href}
        </Link>
      );
    case "def":
    case "space":
      return null;
    default:
      // HTML is text like any other.
      return token.raw;
  }
}

function Link({ address, children }: { address: string; children: ReactNode }) {
  const safe = safeAddress(address);
  if (!safe) return <span>{children}</span>;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer" className={LINK}>
      {children}
    </a>
  );
}
