import { ExternalLink, MessageCircleQuestion } from "lucide-react";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "@/client/client";
import { problemFrom } from "@/client/http";
import type { Question } from "@/client/run";
import type { Answer, Problem } from "@/client/types";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Spinner } from "@/ui/Spinner";
import { visible } from "@/ui/visible";
import { useToolName } from "../labels";
import { composer, useSummons } from "./ApprovalCard";
import { Blank } from "./Blank";
import { type Field, filledIn } from "./fields";
import { Lookalikes } from "./Lookalikes";
import { Until } from "./Until";
import "./words";

interface Form {
  properties?: Record<string, Field>;
  required?: string[];
}

/** What somebody wants to know in the middle of a call: a form to fill in, or a page that only the person opens. */
export function QuestionCard({ question }: { question: Question }) {
  const { t } = useTranslation();
  const { api, live } = useClient();
  const toolName = useToolName();
  const [sent, setSent] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const card = useRef<HTMLElement>(null);
  useSummons(card);

  const answer = async (chosen: Answer, content: Record<string, unknown> = {}) => {
    if (sent) return;
    setSent(chosen);
    setProblem(null);
    try {
      live.note(await api.answer(question.approval_id, chosen, { content }));
      composer()?.focus({ preventScroll: true });
    } catch (error) {
      setProblem(problemFrom(error));
      setSent(null);
    }
  };
  const form = (question.form ?? {}) as Form;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void answer("accept", question.link ? {} : filledIn(form.properties ?? {}, new FormData(event.currentTarget)));
  };
  const who = question.details.source ?? "";
  return (
    <section
      ref={card}
      tabIndex={-1}
      aria-label={`${t("asking.question.title")} ${who}: ${question.reason}`}
      data-slot="approval"
      className="animate-rise overflow-hidden rounded-2xl border border-info bg-surface-2"
    >
      <form onSubmit={submit}>
        <div className="flex gap-3 px-4 pt-4 sm:px-5">
          <MessageCircleQuestion aria-hidden className="mt-0.5 size-5 shrink-0 text-info" />
          <div className="min-w-0 flex-1">
            <h3 className="font-semibold">
              {t("asking.question.title")}
              <span className="font-normal wrap-anywhere text-text-2"> · {visible(who)}</span>
            </h3>
            <p className="mt-0.5 text-xs text-text-2">
              {t("asking.question.call")} {toolName(question.tool)}
            </p>
            <p className="mt-2 leading-relaxed wrap-anywhere whitespace-pre-wrap" data-slot="asked">
              {visible(question.reason)}
            </p>
          </div>
        </div>
        <div className="flex flex-col gap-4 px-4 py-3 sm:px-5">
          <Lookalikes found={question.lookalikes ?? []} />
          {question.link ? (
            <Page question={question} />
          ) : (
            <>
              {Object.entries(form.properties ?? {}).map(([name, field]) => (
                <Blank key={name} name={name} field={field} required={form.required?.includes(name) ?? false} />
              ))}
              {who.startsWith("mcp:") && <p className="text-xs text-text-2">{t("asking.question.form")}</p>}
            </>
          )}
          <Until approval={question.approval_id} />
          {problem && <ProblemNotice title={t("asking.failed")} problem={problem} alert />}
        </div>
        <Choices>
          <Button type="submit" look="primary" disabled={sent !== null} className="max-sm:flex-1">
            {sent === "accept" && <Spinner />}
            {t(question.link ? "asking.question.done" : "asking.question.send")}
          </Button>
          <Button disabled={sent !== null} className="max-sm:flex-1" onClick={() => void answer("refuse")}>
            {sent === "refuse" && <Spinner />}
            {t("asking.question.decline")}
          </Button>
        </Choices>
      </form>
    </section>
  );
}

function Choices({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3 sm:px-5">{children}</div>;
}

/** Where a link leads is read before it is opened: the place first, then the whole of it. */
function Page({ question }: { question: Question }) {
  const { t } = useTranslation();
  return (
    <div className="text-sm">
      <p className="text-text-2">{t("asking.question.link")}</p>
      <p className="mt-1 text-base font-semibold wrap-anywhere" data-slot="host">
        {visible(question.details.host ?? "")}
      </p>
      <p className="mt-1 font-mono text-xs wrap-anywhere text-text-2">{visible(question.link ?? "")}</p>
      {/^https?:\/\//.test(question.link ?? "") && (
        <a
          href={question.link}
          target="_blank"
          rel="noreferrer noopener"
          className="mt-1 inline-flex min-h-11 items-center gap-2 text-primary underline underline-offset-4"
        >
          <ExternalLink aria-hidden className="size-4" />
          {t("asking.question.open")}
        </a>
      )}
    </div>
  );
}
