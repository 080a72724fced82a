import { MessageSquareX, Pencil, ShieldQuestion } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "@/client/client";
import { problemFrom } from "@/client/http";
import type { Question } from "@/client/run";
import type { Answer, Problem } from "@/client/types";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { useReason } from "@/ui/reason";
import { Spinner } from "@/ui/Spinner";
import { useCovers } from "@/ui/useCovers";
import { visible } from "@/ui/visible";
import { Arguments } from "../Arguments";
import { useToolName } from "../labels";
import { EditCall } from "./EditCall";
import { Lookalikes, marked } from "./Lookalikes";
import { QuestionCard } from "./QuestionCard";
import { Refusal } from "./Refusal";
import { Links, Sources } from "./Sources";
import { Until } from "./Until";
import "./words";

type Kind = Exclude<Question["kind"], "question">;
type Given = Exclude<Answer, "accept">;

const ANSWERS: Record<Kind, Given[]> = {
  call: ["once", "run", "always", "refuse"],
  outcome: ["done", "retry", "undone"],
  budget: ["once", "refuse"],
};

const LOOKS: Partial<Record<Given, "success" | "primary">> = { once: "success", done: "primary" };

export const composer = () => document.querySelector<HTMLTextAreaElement>("textarea[data-composer]");

/** A question to the person, by its kind. */
export function ApprovalCard({ question }: { question: Question }) {
  const { kind } = question;
  return kind === "question" ? <QuestionCard question={question} /> : <Approval question={question} kind={kind} />;
}

/** Of a call that may have happened: when it began, how it can be found again, and what its tool said. */
function Known({ details }: { details: Question["details"] }) {
  const { t, i18n } = useTranslation();
  const { begun = "", attempt = "", key = "", reconcile = "" } = details;
  const moment = new Date(begun).toLocaleString(i18n.language, { dateStyle: "medium", timeStyle: "medium" });
  return (
    <div className="mt-3 text-sm leading-relaxed break-words text-text-2">
      <p>{t("asking.outcomeKnown", { begun: moment, attempt, key: visible(key) })}</p>
      {reconcile && <p>{t("asking.outcomeSaid", { said: visible(reconcile) })}</p>}
    </div>
  );
}

/** Exactly what would be done, why it is asked, and the answers. */
function Approval({ question, kind }: { question: Question; kind: Kind }) {
  const { t } = useTranslation();
  const covers = useCovers();
  const { api, live } = useClient();
  const toolName = useToolName();
  const { reason, alternative } = useReason(question);
  const [writing, setWriting] = useState<"call" | "refusal" | null>(null);
  const [sent, setSent] = useState<Given | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const card = useRef<HTMLElement>(null);
  const answers = ANSWERS[kind];
  const { lookalikes: strange = [], risks = [] } = question;
  useSummons(card);

  const answer = async (chosen: Given, note = "") => {
    if (sent || (writing && !note)) return;
    setSent(chosen);
    setProblem(null);
    try {
      live.note(await api.answer(question.approval_id, chosen, note ? { note } : {}));
      composer()?.focus({ preventScroll: true });
    } catch (error) {
      setProblem(problemFrom(error));
      setSent(null);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const chosen = answers[Number(event.key) - 1];
    if (!chosen || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    event.preventDefault();
    void answer(chosen);
  };

  const leave = () => {
    setWriting(null);
    card.current?.focus({ preventScroll: true });
  };

  const title = t(`asking.${kind}`);
  return (
    <section
      ref={card}
      tabIndex={-1}
      aria-label={`${title} ${toolName(question.tool)}`}
      onKeyDown={onKeyDown}
      data-slot="approval"
      className="animate-rise overflow-hidden rounded-2xl border border-warning bg-surface-2"
    >
      <div className="flex gap-3 px-4 pt-4 sm:px-5">
        <ShieldQuestion aria-hidden className="mt-0.5 size-5 shrink-0 text-warning" />
        <div className="min-w-0 flex-1">
          <h3 className="font-semibold">
            {title}
            {question.tool && <span className="font-normal text-text-2"> · {toolName(question.tool)}</span>}
          </h3>
          <p className="mt-1 text-sm leading-relaxed break-words text-text-2">
            {question.kind === "outcome" ? t("asking.outcomeText") : visible(reason)}
          </p>
        </div>
      </div>
      <div className="px-4 py-3 sm:px-5">
        <Lookalikes found={strange} />
        {writing === "call" ? (
          <EditCall question={question} onDone={leave} />
        ) : (
          question.kind !== "budget" && (
            <Arguments
              tool={question.tool}
              values={question.arguments}
              mark={(text) => marked(text, strange)}
              below={(name) => <Sources origins={question.sources?.[name]} />}
            />
          )
        )}
        <Links question={question} mark={(text) => marked(text, strange)} />
        {question.kind === "outcome" && <Known details={question.details} />}
        {risks.length > 0 && (
          <p className="mt-3 text-sm leading-relaxed text-warning">
            {t("asking.risks", { risks: risks.map((risk) => t(`asking.risk.${risk}`)).join(" · ") })}
          </p>
        )}
        {alternative && (
          <p className="mt-3 text-sm leading-relaxed break-words text-text-2">
            {t("asking.alternative", { text: visible(alternative) })}
          </p>
        )}
        {question.kind === "call" && question.shape && (
          <p className="mt-2 text-xs leading-relaxed break-words text-text-2">
            {t("asking.covers", { shape: covers(question.shape) })}
          </p>
        )}
        <Until approval={question.approval_id} />
        {writing === "refusal" && (
          <Refusal sending={sent !== null} onRefuse={(note) => void answer("refuse", note)} onDone={leave} />
        )}
        {problem && (
          <div className="mt-3">
            <ProblemNotice title={t("asking.failed")} problem={problem} alert />
          </div>
        )}
      </div>
      {!writing && (
        <>
          <div className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3 sm:px-5">
            {answers.map((name, index) => (
              <Button
                key={name}
                look={LOOKS[name] ?? "outline"}
                disabled={sent !== null}
                aria-keyshortcuts={String(index + 1)}
                className="max-sm:flex-1 max-sm:basis-[45%]"
                onClick={() => void answer(name)}
              >
                {sent === name && <Spinner />}
                {t(question.kind === "budget" ? `asking.money.${name as "once" | "refuse"}` : `asking.buttons.${name}`)}
                <kbd aria-hidden className="hidden font-mono text-xs sm:inline">
                  {index + 1}
                </kbd>
              </Button>
            ))}
            {question.kind === "call" && Object.keys(question.arguments).length > 0 && (
              <Button look="quiet" disabled={sent !== null} onClick={() => setWriting("call")}>
                <Pencil aria-hidden className="size-4" />
                {t("asking.edit.open")}
              </Button>
            )}
            {question.kind === "call" && (
              <Button look="quiet" disabled={sent !== null} onClick={() => setWriting("refusal")}>
                <MessageSquareX aria-hidden className="size-4" />
                {t("asking.refusal.open")}
              </Button>
            )}
          </div>
          <p className="hidden px-5 pb-3 text-xs text-text-2 sm:block">{t("asking.keys")}</p>
        </>
      )}
    </section>
  );
}

/** Alt + A brings the focus to the question, from wherever it is: the number keys answer only from there.
 *  When the question goes, whoever was at it is back at the message. */
export function useSummons(card: React.RefObject<HTMLElement | null>): void {
  useLayoutEffect(
    () => () => {
      if (card.current?.contains(document.activeElement)) composer()?.focus({ preventScroll: true });
    },
    [card],
  );
  useEffect(() => {
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyA") return;
      const first = document.querySelector("[data-slot=approval]");
      if (first !== card.current) return;
      event.preventDefault();
      card.current?.focus();
      card.current?.scrollIntoView({ block: "nearest" });
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [card]);
}
