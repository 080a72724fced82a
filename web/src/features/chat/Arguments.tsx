import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "@/ui/classes";
import { Long } from "@/ui/Long";
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
            <Long text={written(value)} mark={mark} className={classes("break-words whitespace-pre-wrap", name === MAIN[tool] && "text-primary")} />
            {below?.(name)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
