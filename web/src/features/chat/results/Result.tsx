import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Call } from "@/client/run";
import { CodeBlock } from "@/ui/markdown/CodeBlock";
import { useMarkdownLabels } from "../labels";
import { Command } from "./Command";
import { Entries, Matches } from "./Lists";
import { Calculation, FileText, Machine, Moment, WebReply } from "./Values";

type View = (props: { data: Record<string, unknown> }) => ReactNode;

const VIEWS: Record<string, View> = {
  execute_command: Command,
  read_file: FileText,
  list_directory: Entries,
  search_files: Matches,
  get_system_info: Machine,
  get_datetime: Moment,
  calculate: Calculation,
  http_request: WebReply,
};

/** What a tool gave back: drawn for the tools that are known, else as the words or the data it is. */
export function Result({ call }: { call: Call }) {
  const View = VIEWS[call.tool];
  const data = call.data;
  if (View && call.outcome === "ok" && typeof data === "object" && data !== null) {
    return <View data={data as Record<string, unknown>} />;
  }
  return <Plain call={call} />;
}

function Plain({ call }: { call: Call }) {
  const { t } = useTranslation();
  const labels = useMarkdownLabels();
  if (call.content) return <Preformatted text={call.content} label={t("tool.result")} />;
  if (call.data === null) return <p className="text-sm text-text-2">–</p>;
  return <CodeBlock text={JSON.stringify(call.data, null, 2)} language="json" label={labels} compact />;
}

export function Preformatted({ text, label }: { text: string; label: string }) {
  return (
    <pre
      tabIndex={0}
      aria-label={label}
      className="max-h-80 overflow-auto rounded-xl border border-line bg-surface-1 px-4 py-3 font-mono text-[0.8125rem] leading-6 break-words whitespace-pre-wrap"
    >
      {text}
    </pre>
  );
}
