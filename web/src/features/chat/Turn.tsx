import { CircleSlash, ListChecks, Lightbulb } from "lucide-react";
import { Fragment, lazy, memo, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "@/client/client";
import { isOver, runFromView, type RunState, type Step } from "@/client/run";
import type { Run } from "@/client/types";
import { Disclosure } from "@/ui/Disclosure";
import { Markdown } from "@/ui/markdown/Markdown";
import { Notice } from "@/ui/Notice";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { visible } from "@/ui/visible";
import { AnswerFooter } from "./AnswerFooter";
import { ApprovalLine } from "./ApprovalLine";
import { Resting } from "./Resting";
import { ToolCard } from "./ToolCard";
import { useMarkdownLabels } from "./labels";

const asking = () => import("./asking/ApprovalCard");
const ApprovalCard = lazy(() => asking().then(({ ApprovalCard }) => ({ default: ApprovalCard })));

interface Props {
  view: Run;
  last: boolean;
  onRetry(goal: string, quoted: string[]): void;
  onEdit(goal: string, quoted: string[]): void;
}

/** A message and all that an agent did about it. */
export const Turn = memo(function Turn({ view, last, onRetry, onEdit }: Props) {
  const { t } = useTranslation();
  const run = useLive((state) => state.runs[view.run_id]) ?? runFromView(view);
  const over = isOver(run.status);
  useEffect(() => {
    if (!over) asking().catch(() => undefined); // it is there before it asks; without a line it is fetched again then
  }, [over]);
  const said = run.steps.at(-1)?.text.text.trim() ?? "";
  const told = [said, run.problem?.detail.trim() ?? ""];
  const extra = over && run.answer.trim() && !told.includes(run.answer.trim()) ? run.answer : "";
  return (
    <article className="flex min-w-0 flex-col gap-5 [content-visibility:auto] [contain-intrinsic-size:auto_20rem]">
      <Asked text={run.goal || view.goal} quoted={run.quoted} />
      <section className="flex min-w-0 flex-col gap-4">
        <AnswerHeading />
        {run.plan.length > 1 && <Plan steps={run.plan} />}
        <SaidSince run={run} first={0} next={run.steps[0]?.number} />
        {run.steps.map((step, index) => (
          <Fragment key={step.number}>
            <StepView
              step={step}
              live={!over && index === run.steps.length - 1}
              over={over}
              latest={index === run.steps.length - 1}
            />
            <SaidSince run={run} first={step.number} next={run.steps[index + 1]?.number} />
          </Fragment>
        ))}
        {extra && <Words text={extra} live={false} />}
        {run.repeated.length > 0 && (
          <Notice tone="warning" title={t("chat.repeated")}>
            {run.repeated.map((text) => (
              <q key={text} className="block break-words">
                {text}
              </q>
            ))}
          </Notice>
        )}
        {!over && <Working run={run} />}
        {!over && <Resting run={run} />}
        <Ending run={run} />
        {over && (
          <AnswerFooter
            run={run}
            last={last}
            onRetry={() => onRetry(run.goal || view.goal, run.quoted)}
            onEdit={() => onEdit(run.goal || view.goal, run.quoted)}
          />
        )}
      </section>
    </article>
  );
});

export function Asked({ text, quoted = [] }: { text: string; quoted?: string[] | undefined }) {
  const { t } = useTranslation();
  return (
    <section className="flex justify-end">
      <h2 className="sr-only">{t("chat.you")}</h2>
      <div className="max-w-[85%] rounded-3xl rounded-br-lg bg-surface-3 px-5 py-3 leading-7 break-words whitespace-pre-wrap">
        <Message text={text} />
        {quoted.map((words, index) => (
          <blockquote key={index} data-slot="quoted" className="mt-2 border-l-4 border-control pl-3 text-sm text-text-2">
            {visible(words)}
          </blockquote>
        ))}
      </div>
    </section>
  );
}

const LONG = { characters: 2000, lines: 24 };

/** A message that was pasted in is long: its beginning, and the rest when it is wanted. */
function Message({ text }: { text: string }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(false);
  const beginning = text
    .split("\n", LONG.lines)
    .join("\n")
    .slice(0, LONG.characters)
    .replace(/[\ud800-\udbff]$/, "");
  if (whole || beginning.length === text.length) return text;
  return (
    <>
      {beginning}…
      <button type="button" onClick={() => setWhole(true)} className="block min-h-11 text-sm underline underline-offset-4">
        {t("chat.whole")}
      </button>
    </>
  );
}

/** What was said to it after one step had begun, and before the next. */
function SaidSince({ run, first, next = Infinity }: { run: RunState; first: number; next: number | undefined }) {
  return run.said.map(({ id, after, ...said }) => after >= first && after < next && <Asked key={id} {...said} />);
}

function AnswerHeading() {
  const { t } = useTranslation();
  return <h2 className="sr-only">{t("chat.assistant")}</h2>;
}

const StepView = memo(function StepView({
  step,
  live,
  over,
  latest,
}: {
  step: Step;
  live: boolean;
  over: boolean;
  latest: boolean;
}) {
  const { t } = useTranslation();
  const writing = live && step.calls.length === 0 && step.questions.length === 0;
  const asked = new Set(step.calls.map((call) => call.id));
  return (
    <>
      {step.failures.map((failure, index) => (
        <ProblemNotice
          key={index}
          tone="warning"
          title={t("chat.modelFailed", { model: failure.model })}
          problem={failure.problem}
        />
      ))}
      {step.thinking.text && <Thoughts text={step.thinking.text} live={writing && !step.text.text} />}
      {step.text.text && <Words text={step.text.text} live={writing} />}
      {(step.calls.length > 0 || step.questions.length > 0) && (
        <div className="flex flex-col gap-2">
          {step.calls.map((call) => (
            <ToolCard
              key={call.id}
              call={call}
              over={over}
              answered={step.questions.find((question) => question.call_id === call.id && question.answer !== null)}
            />
          ))}
          {step.questions.map((question) =>
            question.answer === null ? (
              !over && latest && (
                <Suspense key={question.approval_id}>
                  <ApprovalCard question={question} />
                </Suspense>
              )
            ) : asked.has(question.call_id) ? null : (
              <ApprovalLine key={question.approval_id} question={question} />
            ),
          )}
        </div>
      )}
    </>
  );
});

function Words({ text, live }: { text: string; live: boolean }) {
  return <Markdown text={text} live={live} label={useMarkdownLabels()} />;
}

function Thoughts({ text, live }: { text: string; live: boolean }) {
  const { t } = useTranslation();
  return (
    <Disclosure
      quiet
      summary={
        <>
          <Lightbulb aria-hidden className={`size-4 text-purple ${live ? "animate-breathe" : ""}`} />
          {t("chat.thinking")}
        </>
      }
    >
      <div className="mt-2 max-h-96 overflow-y-auto border-l-2 border-line pl-4 text-sm text-text-2" tabIndex={0}>
        <Words text={text} live={live} />
      </div>
    </Disclosure>
  );
}

function Plan({ steps }: { steps: string[] }) {
  const { t } = useTranslation();
  return (
    <section className="rounded-xl border border-line px-4 py-3.5">
      <h3 className="flex items-center gap-2 text-sm font-medium">
        <ListChecks aria-hidden className="size-4 text-primary" />
        {t("chat.plan")}
      </h3>
      <ol className="mt-2 flex list-decimal flex-col gap-1 pl-5 text-sm leading-relaxed text-text-2 marker:text-text-2">
        {steps.map((step, index) => (
          <li key={index} className="pl-1">
            {step}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Three quiet dots while nothing is being written yet. */
function Working({ run }: { run: RunState }) {
  const { t } = useTranslation();
  const step = run.steps.at(-1);
  const writing = step && step.calls.length === 0 && step.text.text;
  const busy = step?.calls.some((call) => call.state === "requested");
  if (run.status === "waiting" || writing || busy) return null;
  return (
    <p className="flex min-h-7 items-center gap-2.5 text-sm text-text-2">
      <span aria-hidden className="size-2 animate-breathe rounded-full bg-primary" />
      {t("chat.working")}
    </p>
  );
}

function Ending({ run }: { run: RunState }) {
  const { t } = useTranslation();
  switch (run.status) {
    case "cancelled":
      return (
        <p className="flex items-center gap-2 text-sm text-text-2">
          <CircleSlash aria-hidden className="size-4" />
          {t("chat.stopped")}
        </p>
      );
    case "partial":
      return run.problem ? (
        <ProblemNotice tone="warning" title={t("chat.partial")} problem={run.problem} />
      ) : (
        <Notice tone="warning" title={t("chat.partial")} />
      );
    case "failed":
      return <ProblemNotice title={t("chat.failed")} problem={run.problem} />;
    default:
      return run.problem && !isOver(run.status) ? <ProblemNotice title={t("chat.failed")} problem={run.problem} /> : null;
  }
}
