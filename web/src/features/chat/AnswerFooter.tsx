import { Info, Pencil, RotateCcw } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RunState } from "@/client/run";
import { IconButton } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { useFormat } from "@/ui/format";

interface Props {
  run: RunState;
  last: boolean;
  onRetry(): void;
  onEdit(): void;
}

/** What the answer took, and what can be done with it. */
export function AnswerFooter({ run, last, onRetry, onEdit }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const id = useId();
  const { figures } = useFigures(run);
  return (
    <footer className="-mt-1">
      <div className="flex flex-wrap items-center gap-x-1">
        <div className="-ml-3 flex">
          {run.answer && <CopyButton text={run.answer} copy={t("answer.copy")} copied={t("answer.copied")} />}
          {last && (
            <>
              <IconButton label={t("answer.retry")} onClick={onRetry}>
                <RotateCcw aria-hidden className="size-4" />
              </IconButton>
              <IconButton label={t("answer.edit")} onClick={onEdit}>
                <Pencil aria-hidden className="size-4" />
              </IconButton>
            </>
          )}
          <IconButton
            label={t("answer.details")}
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            onClick={() => setOpen(!open)}
          >
            <Info aria-hidden className="size-4" />
          </IconButton>
        </div>
        <p className="min-w-0 text-xs leading-5 text-text-2 tabular-nums">{figures.join(" · ")}</p>
      </div>
      {open && <Details run={run} id={id} />}
    </footer>
  );
}

function useFigures(run: RunState) {
  const { t } = useTranslation();
  const format = useFormat();
  const tokens = run.usage.input_tokens + run.usage.output_tokens;
  const seconds = run.finished_at ? (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000 : Number.NaN;
  const time = Number.isFinite(seconds) && seconds >= 0 ? format.duration(seconds) : "";
  const cost = run.cost > 0 ? format.money(run.cost) : t(tokens > 0 ? "answer.unpriced" : "answer.free");
  const spared = run.steps.flatMap((step) => step.spared ?? []);
  const saved = spared.reduce((sum, one) => sum + (one.cost ?? 0), 0);
  const by = spared.some(({ cache }) => cache) ? t("answer.by.cache") : t("answer.by.optimiser");
  const figures = [
    run.model,
    t("answer.steps", { count: run.steps.length }),
    tokens > 0 && t("answer.tokens", { count: tokens }),
    cost,
    saved > 0 && t("answer.savedFigure", { money: format.money(saved) }),
    time,
  ].filter((figure) => figure);
  return { figures, cost, time, saved: saved > 0 ? t("answer.savedBy", { money: format.money(saved), by }) : "" };
}

function Details({ run, id }: { run: RunState; id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { cost, time, saved } = useFigures(run);
  const why = run.steps.findLast((step) => step.reason)?.reason;
  return (
    <dl
      id={id}
      className="mt-2 grid animate-fade grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 rounded-xl border border-line bg-surface-2 px-4 py-3 text-sm"
    >
      <Row name={t("answer.model")}>{run.model || "–"}</Row>
      {why && <Row name={t("answer.why")}>{t("answer.reason", { text: why })}</Row>}
      <Row name={t("answer.input")}>{format.number(run.usage.input_tokens)}</Row>
      {run.usage.cached_tokens > 0 && <Row name={t("answer.cached")}>{format.number(run.usage.cached_tokens)}</Row>}
      <Row name={t("answer.output")}>{format.number(run.usage.output_tokens)}</Row>
      <Row name={t("answer.cost")}>{cost}</Row>
      {saved && <Row name={t("answer.saved")}>{saved}</Row>}
      {time && <Row name={t("answer.time")}>{time}</Row>}
      <Row name={t("answer.run")}>
        <code className="font-mono text-xs break-all">{run.run_id}</code>
      </Row>
    </dl>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-text-2">{name}</dt>
      <dd className="min-w-0 break-words tabular-nums">{children}</dd>
    </>
  );
}
