import { File, Folder } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { useFormat } from "@/ui/format";

const SHOWN = 12;

/** The first rows, and the rest when asked. */
function Rows({ rows, truncated }: { rows: ReactNode[]; truncated: boolean }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const rest = rows.length - SHOWN;
  return (
    <>
      <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface-1 text-sm">
        {all ? rows : rows.slice(0, SHOWN)}
      </ul>
      {!all && rest > 0 && (
        <Button look="quiet" className="mt-1" onClick={() => setAll(true)}>
          {t("tool.more", { count: rest })}
        </Button>
      )}
      {truncated && <p className="mt-2 text-xs text-text-2">{t("tool.truncated")}</p>}
    </>
  );
}

interface Entry {
  name: string;
  kind: string;
  size: number | null;
}

export function Entries({ data }: { data: { entries?: Entry[]; truncated?: boolean } }) {
  const { t } = useTranslation();
  const format = useFormat();
  const entries = data.entries ?? [];
  if (entries.length === 0) return <p className="text-sm text-text-2">{t("tool.noEntries")}</p>;
  const rows = entries.map((entry) => {
    const folder = entry.kind === "directory" || entry.kind === "folder";
    const Icon = folder ? Folder : File;
    return (
      <li key={entry.name} className="flex items-center gap-3 px-4 py-2">
        <Icon aria-hidden className={`size-4 shrink-0 ${folder ? "text-primary" : "text-text-2"}`} />
        <span className="min-w-0 flex-1 truncate font-mono text-[0.8125rem]">{entry.name}</span>
        {!folder && entry.size !== null && (
          <span className="shrink-0 text-xs text-text-2 tabular-nums">{format.size(entry.size)}</span>
        )}
      </li>
    );
  });
  return <Rows rows={rows} truncated={data.truncated ?? false} />;
}

interface Found {
  files?: { path: string; size: number | null }[];
  matches?: { path: string; line: number; text: string }[];
  truncated?: boolean;
}

export function Matches({ data }: { data: Found }) {
  const { t } = useTranslation();
  const format = useFormat();
  const matches = data.matches ?? [];
  const files = data.files ?? [];
  if (matches.length === 0 && files.length === 0) return <p className="text-sm text-text-2">{t("tool.noMatches")}</p>;
  const rows =
    matches.length > 0
      ? matches.map((match) => (
          <li key={`${match.path}:${match.line}`} className="px-4 py-2 font-mono text-[0.8125rem] leading-6">
            <span className="text-xs text-primary">
              {match.path}:{match.line}
            </span>
            <span className="block truncate">{match.text}</span>
          </li>
        ))
      : files.map((file) => (
          <li key={file.path} className="flex items-center gap-3 px-4 py-2">
            <File aria-hidden className="size-4 shrink-0 text-text-2" />
            <span className="min-w-0 flex-1 truncate font-mono text-[0.8125rem]">{file.path}</span>
            {file.size !== null && (
              <span className="shrink-0 text-xs text-text-2 tabular-nums">{format.size(file.size)}</span>
            )}
          </li>
        ));
  return <Rows rows={rows} truncated={data.truncated ?? false} />;
}
