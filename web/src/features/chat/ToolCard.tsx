import {
  Calculator,
  Check,
  CircleAlert,
  CircleHelp,
  Clock,
  Cpu,
  Download,
  FilePen,
  FileText,
  Folder,
  Globe,
  type LucideIcon,
  RotateCcw,
  Search,
  ShieldX,
  Terminal,
  Wrench,
} from "lucide-react";
import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { artifactAddress } from "@/client/http";
import type { Call, Question } from "@/client/run";
import { usePicture, useTool } from "@/client/queries";
import type { Artifact, Outcome } from "@/client/types";
import { classes } from "@/ui/classes";
import { Disclosure } from "@/ui/Disclosure";
import { useFormat } from "@/ui/format";
import { Spinner } from "@/ui/Spinner";
import { Arguments, gist } from "./Arguments";
import { useAnswered, useToolName } from "./labels";
import { Orders } from "./Orders";
import { Result } from "./results/Result";

const ICONS: Record<string, LucideIcon> = {
  execute_command: Terminal,
  read_file: FileText,
  write_file: FilePen,
  list_directory: Folder,
  search_files: Search,
  get_system_info: Cpu,
  get_datetime: Clock,
  calculate: Calculator,
  http_request: Globe,
};

const OUTCOMES: Record<Outcome, { Icon: LucideIcon; colour: string }> = {
  ok: { Icon: Check, colour: "text-success" },
  retry: { Icon: RotateCcw, colour: "text-warning" },
  failed: { Icon: CircleAlert, colour: "text-error" },
  refused: { Icon: ShieldX, colour: "text-orange" },
  unknown: { Icon: CircleHelp, colour: "text-warning" },
};

/** One call of a tool: a line while all is well, everything about it when opened. */
export const ToolCard = memo(function ToolCard({
  call,
  over,
  answered,
}: {
  call: Call;
  over: boolean;
  answered: Question | undefined;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const toolName = useToolName();
  const Icon = ICONS[call.tool] ?? Wrench;
  const bad = call.outcome !== null && call.outcome !== "ok";
  return (
    <div data-slot="tool" className="overflow-hidden rounded-xl border border-line bg-surface-2">
      <Disclosure
        summary={
          <>
            <Icon aria-hidden className="size-4 shrink-0 text-text-2" />
            <span className="min-w-0 flex-1 truncate">
              <span className="font-medium text-text-1">{toolName(call.tool)}</span>{" "}
              <span className="ml-1 font-mono text-xs">{gist(call.tool, call.arguments)}</span>
            </span>
            <State call={call} over={over} />
            {call.seconds !== null && (
              <span className="shrink-0 text-xs tabular-nums">{format.duration(call.seconds)}</span>
            )}
          </>
        }
      >
        <div className="flex flex-col gap-4 border-t border-line px-4 py-4">
          <Part title={t("tool.arguments")}>
            <Arguments tool={call.tool} values={call.arguments} />
          </Part>
          {call.state === "returned" && (
            <Part title={t("tool.result")}>
              <Result call={call} />
            </Part>
          )}
          <Facts call={call} answered={answered} />
        </div>
      </Disclosure>
      {call.orders && <Orders call={call} {...call.orders} />}
      {call.outcome === "ok" && call.artifact && <Picture artifact={call.artifact} />}
      {bad && call.content && (
        <p className="line-clamp-2 px-3 pb-3 pl-9 text-sm break-words text-text-2">{call.content}</p>
      )}
    </div>
  );
});

function State({ call, over }: { call: Call; over: boolean }) {
  const { t } = useTranslation();
  if (call.outcome === null) {
    if (over) return null;
    return (
      <span className="flex shrink-0 items-center gap-2 text-xs">
        <Spinner className="size-3.5" />
        <span className="max-sm:sr-only">{t("tool.running")}</span>
      </span>
    );
  }
  const { Icon, colour } = OUTCOMES[call.outcome];
  return (
    <span className={classes("flex shrink-0 items-center gap-1.5 text-xs", colour)}>
      <Icon aria-hidden className="size-4" />
      <span className={call.outcome === "ok" ? "sr-only" : "max-sm:sr-only"}>{t(`tool.outcomes.${call.outcome}`)}</span>
    </span>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1.5 text-xs font-medium text-text-2">{title}</h3>
      {children}
    </section>
  );
}

/** A plot or an image that the tool made. */
function Picture({ artifact }: { artifact: Artifact }) {
  const { t } = useTranslation();
  const { data } = usePicture(artifact);
  if (!data) return null;
  const alt = t("tool.picture", { name: artifact.name });
  return (
    <figure className="border-t border-line p-4">
      <img src={data} alt={alt} className="max-h-96 w-full rounded-xl bg-white object-contain" />
    </figure>
  );
}

function Facts({ call, answered }: { call: Call; answered: Question | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const said = useAnswered();
  const known = useTool(call.tool).data;
  const data = call.data as { sandbox?: unknown } | null;
  const told = typeof data?.sandbox === "string" ? data.sandbox : undefined;
  const facts = [
    answered && said(answered),
    ...(call.outcome === "refused" // it never ran
      ? []
      : [
          told ? t("tool.places.sandbox", { level: told }) : known && t(`tool.places.${known.place}`, { level: known.sandbox }),
          call.origin && t("tool.origin", { origin: t(`tool.origins.${call.origin}`) }),
        ]),
  ].filter(Boolean);
  if (facts.length === 0 && !call.artifact) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-text-2">
      {call.artifact && (
        <a
          href={artifactAddress(call.artifact.id)}
          download={call.artifact.name}
          className="inline-flex min-h-11 items-center gap-2 rounded-xl border border-control px-4 text-sm font-medium text-text-1 hover:bg-surface-3"
        >
          <Download aria-hidden className="size-4" />
          {t("tool.artifact")}
          <span className="font-normal text-text-2">{format.size(call.artifact.size)}</span>
        </a>
      )}
      {facts.length > 0 && <p>{facts.join(" · ")}</p>}
    </div>
  );
}
