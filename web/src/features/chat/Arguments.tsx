import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "@/ui/classes";
import { visible } from "@/ui/visible";

// The one argument that says what a call is about, by tool; others are named beside their values.
const MAIN: Record<string, string> = {
  execute_command: "command",
  read_file: "path",
  write_file: "path",
  list_directory: "path",
  search_files: "text",
  get_datetime: "timezone",
  calculate: "expression",
  http_request: "url",
};

export function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** A call in one line. */
export function gist(tool: string, values: Record<string, unknown>): string {
  const main = values[MAIN[tool] ?? ""] ?? Object.values(values).find((value) => typeof value === "string");
  const text = main === undefined ? "" : written(main).replace(/\s+/g, " ").trim();
  const method = tool === "http_request" && typeof values.method === "string" ? `${values.method} ` : "";
  return visible(method + text);
}

/** Exactly what the tool is given: nothing is shortened, invisible characters are shown. */
export function Arguments({
  tool,
  values,
  mark = visible,
  below,
}: {
  tool: string;
  values: Record<string, unknown>;
  mark?(text: string): ReactNode;
  /** What stands under a value. */
  below?(name: string): ReactNode;
}) {
  const { t } = useTranslation();
  const entries = Object.entries(values);
  if (entries.length === 0) return <p className="text-sm text-text-2">{t("tool.noArguments")}</p>;
  return (
    <dl className="overflow-hidden rounded-xl border border-line bg-surface-1 font-mono text-[0.8125rem] leading-6">
      {entries.map(([name, value]) => (
        <div key={name} className="flex flex-col gap-x-4 border-line px-4 py-2 not-first:border-t sm:flex-row">
          <dt className="shrink-0 text-text-2 sm:w-28">{name}</dt>
          <dd className="min-w-0 flex-1">
            <Value text={written(value)} main={name === MAIN[tool]} mark={mark} />
            {below?.(name)}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const LONG = { characters: 1200, lines: 12 };

/** A long value says that it is: what matters may stand at its end. */
function Value({ text, main, mark }: { text: string; main: boolean; mark(text: string): ReactNode }) {
  const { t, i18n } = useTranslation();
  const [whole, setWhole] = useState(false);
  const long = text.length > LONG.characters || text.split("\n", LONG.lines + 1).length > LONG.lines;
  return (
    <>
      <div
        tabIndex={0}
        className={classes("overflow-auto break-words whitespace-pre-wrap", !whole && "max-h-80", main && "text-primary")}
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
