import { Fragment, memo, useEffect, useState } from "react";
import { CopyButton } from "../CopyButton";
import { classes } from "../classes";
import { colours, type Line } from "./colours";

export interface CodeLabels {
  copy: string;
  copied: string;
  code: string;
}

/** Code as it was written; its colours come after it has ended, in pieces, and only if its language is known. */
export function CodeBlock({
  text,
  language,
  label,
  live = false,
  compact = false,
}: {
  text: string;
  language: string;
  label: CodeLabels;
  live?: boolean;
  compact?: boolean;
}) {
  const lines = useColours(text, language, live);
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-surface-2">
      <div className="flex min-h-11 items-center justify-between border-b border-line pl-4">
        <span className="font-mono text-xs text-text-2">{language || label.code}</span>
        <CopyButton text={text} copy={label.copy} copied={label.copied} />
      </div>
      <pre
        tabIndex={0}
        aria-label={`${label.code} ${language}`.trim()}
        className={classes("overflow-auto p-4 font-mono text-[0.8125rem] leading-6", compact && "max-h-80")}
      >
        <code>{lines ? <Coloured lines={lines} /> : text}</code>
      </pre>
    </div>
  );
}

const Coloured = memo(function Coloured({ lines }: { lines: Line[] }) {
  return lines.map((line, index) => (
    <Fragment key={index}>
      {index > 0 && "\n"}
      {line.map((piece, at) => (
        <span key={at} style={{ color: piece.colour }}>
          {piece.text}
        </span>
      ))}
    </Fragment>
  ));
});

function useColours(text: string, language: string, live: boolean): Line[] | null {
  const [coloured, setColoured] = useState<{ text: string; lines: Line[] } | null>(null);
  useEffect(() => {
    if (live || !language) return;
    const forget = colours(text, language, (lines) => lines && setColoured({ text, lines }));
    return () => void forget();
  }, [text, language, live]);
  return coloured?.text === text ? coloured.lines : null;
}
