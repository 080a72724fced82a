import { useTranslation } from "react-i18next";
import { useFormat } from "@/ui/format";
import { CodeBlock } from "@/ui/markdown/CodeBlock";
import { useMarkdownLabels } from "../labels";
import { Preformatted } from "./Result";

export function Calculation({ data }: { data: { expression?: string; value?: unknown } }) {
  return (
    <p className="rounded-xl border border-line bg-surface-1 px-4 py-3 font-mono text-sm break-words">
      {data.expression} <span className="text-text-2">=</span>{" "}
      <span className="text-primary">{String(data.value)}</span>
    </p>
  );
}

export function FileText({ data }: { data: { path?: string; content?: string; truncated?: boolean } }) {
  const { t } = useTranslation();
  const labels = useMarkdownLabels();
  const extension = /\.([A-Za-z0-9]+)$/.exec(data.path ?? "")?.[1] ?? "";
  return (
    <>
      <CodeBlock text={data.content ?? ""} language={extension} label={labels} compact />
      {data.truncated && <p className="mt-2 text-xs text-text-2">{t("tool.truncated")}</p>}
    </>
  );
}

export function Moment({ data }: { data: { iso?: string; timezone?: string } }) {
  const { i18n } = useTranslation();
  const moment = new Date(data.iso ?? "");
  if (Number.isNaN(moment.getTime())) return <Preformatted text={data.iso ?? ""} label="" />;
  const options: Intl.DateTimeFormatOptions = { dateStyle: "full", timeStyle: "medium" };
  let text: string;
  try {
    text = moment.toLocaleString(i18n.language, { ...options, ...(data.timezone && { timeZone: data.timezone }) });
  } catch {
    text = moment.toLocaleString(i18n.language, options); // a zone that this browser does not know
  }
  return (
    <p className="rounded-xl border border-line bg-surface-1 px-4 py-3 text-sm">
      {text} <span className="text-text-2">{data.timezone}</span>
    </p>
  );
}

interface Share {
  total?: number;
  used?: number;
  percent?: number;
}

interface MachineData {
  os?: string;
  machine?: string;
  cpus?: number;
  python?: string;
  memory?: Share;
  disk?: Share;
}

export function Machine({ data }: { data: MachineData }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-3 rounded-xl border border-line bg-surface-1 px-4 py-3 text-sm">
      <p>{[data.os, data.machine, data.cpus && t("tool.cpus", { count: data.cpus })].filter(Boolean).join(" · ")}</p>
      {data.memory && <Meter name={t("tool.memory")} share={data.memory} />}
      {data.disk && <Meter name={t("tool.disk")} share={data.disk} />}
    </div>
  );
}

function Meter({ name, share }: { name: string; share: Share }) {
  const format = useFormat();
  const { total = 0, used = 0 } = share;
  const percent = share.percent ?? (total ? (used / total) * 100 : 0);
  return (
    <div>
      <div className="flex justify-between gap-4">
        <span>{name}</span>
        <span className="text-text-2 tabular-nums">
          {format.size(used)} / {format.size(total)} · {format.percent(percent)}
        </span>
      </div>
      <div aria-hidden className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-surface-3">
        <div className="h-full rounded-full bg-primary" style={{ width: `${Math.min(100, percent)}%` }} />
      </div>
    </div>
  );
}

export function WebReply({ data }: { data: { status?: number; url?: string; media_type?: string; body?: string } }) {
  const { t } = useTranslation();
  const ok = (data.status ?? 0) < 400;
  return (
    <div className="flex flex-col gap-2">
      <p className="font-mono text-xs break-all">
        <span className={ok ? "text-success" : "text-error"}>{t("tool.status", { status: data.status })}</span>{" "}
        <span className="text-text-2">
          {data.media_type} · {data.url}
        </span>
      </p>
      {data.body && <Preformatted text={data.body} label={t("tool.result")} />}
    </div>
  );
}
