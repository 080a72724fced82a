import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "./classes";
import { visible } from "./visible";

const LONG = { characters: 1200, lines: 12 };

/** Exact words that may be long: they say how long they are, for what matters may stand at the end. */
export function Long({
  text,
  label,
  className,
  mark = visible,
}: {
  text: string;
  label?: string;
  className?: string;
  mark?(text: string): ReactNode;
}) {
  const { t, i18n } = useTranslation();
  const [whole, setWhole] = useState(false);
  const long = text.length > LONG.characters || text.split("\n", LONG.lines + 1).length > LONG.lines;
  return (
    <>
      <div
        tabIndex={0}
        role={label && "group"}
        aria-label={label}
        className={classes("overflow-auto", !whole && "max-h-80", className)}
      >
        {mark(text)}
      </div>
      {long && !whole && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="min-h-11 text-left font-sans text-sm text-primary underline underline-offset-4"
        >
          {t("tool.whole", { count: [...text].length, number: [...text].length.toLocaleString(i18n.language) })}
        </button>
      )}
    </>
  );
}
