import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useClient, useLive } from "@/client/client";
import { problemFrom } from "@/client/http";
import { useConversations, useRuns, useStart } from "@/client/queries";
import { isOver, waitingQuestions } from "@/client/run";
import type { Image, Problem } from "@/client/types";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { usePreferences } from "@/ui/preferences";
import { Announcer } from "./Announcer";
import { Composer } from "./Composer";
import { keepDraft } from "./drafts";
import { Transcript } from "./Transcript";
import { Welcome } from "./Welcome";

export function ChatPage() {
  const { t } = useTranslation();
  const { conversation } = useParams<{ conversation: string }>();
  const navigate = useNavigate();
  const { api, live } = useClient();
  const { model } = usePreferences();
  const runs = useRuns(conversation);
  const start = useStart();
  const [pending, setPending] = useState<{ goal: string; conversation: string | undefined } | null>(null);
  const [problem, setProblem] = useState<{ title: string; problem: Problem } | null>(null);
  const [edited, setEdited] = useState<{ text: string; key: number } | null>(null);
  const here = useRef(conversation);
  here.current = conversation;

  useEffect(() => {
    setProblem(null);
    setEdited(null);
  }, [conversation]);

  const active = useLive((state) => {
    const under = runs.data?.findLast((run) => !isOver(state.runs[run.run_id]?.status ?? run.status));
    return under?.run_id;
  });
  const title = useTitle(conversation);
  const asking = pending !== null && pending.conversation === conversation;

  const send = async (goal: string, images: Image[] = []): Promise<boolean> => {
    const from = conversation;
    setProblem(null);
    setPending({ goal, conversation });
    try {
      const run = await start.mutateAsync({
        goal,
        model,
        ...(from && { conversation_id: from }),
        ...(images.length > 0 && { images }),
      });
      if (here.current === from && run.conversation_id !== from) void navigate(`/c/${run.conversation_id}`);
      return true;
    } catch (error) {
      keepDraft(from, goal);
      setProblem({ title: t("chat.sendFailed"), problem: problemFrom(error) });
      return false;
    } finally {
      setPending(null);
    }
  };

  const stop = async () => {
    if (!active) return;
    try {
      live.note(await api.cancel(active));
    } catch (error) {
      const found = problemFrom(error);
      if (found.code !== "run_finished") setProblem({ title: t("chat.stopFailed"), problem: found });
    }
  };
  useEscape(active ? stop : null);

  const empty = conversation === undefined && !asking;
  return (
    <main id="conversation" tabIndex={-1} className="relative flex min-h-0 flex-1 flex-col outline-none">
      <h1 className={empty ? "sr-only" : "truncate px-6 py-3.5 text-sm font-medium text-text-2 max-lg:sr-only"}>
        {title}
      </h1>
      {empty ? (
        <Welcome onGoal={(goal) => void send(goal)} />
      ) : runs.isError ? (
        <div className="mx-auto w-full max-w-3xl flex-1 p-4">
          <ProblemNotice
            title={t("chat.loadFailed")}
            problem={problemFrom(runs.error)}
            actions={<Button onClick={() => void runs.refetch()}>{t("app.unreachable.retry")}</Button>}
          />
        </div>
      ) : (
        <Transcript
          key={`transcript ${conversation}`}
          runs={runs.data ?? []}
          loading={conversation !== undefined && runs.isPending}
          pending={asking ? pending.goal : null}
          onRetry={(goal) => void send(goal)}
          onEdit={(text) => setEdited({ text, key: Date.now() })}
        />
      )}
      {problem && (
        <div className="mx-auto w-full max-w-3xl px-4 pb-2">
          <ProblemNotice title={problem.title} problem={problem.problem} alert />
        </div>
      )}
      <Composer
        key={`composer ${conversation}`}
        conversation={conversation}
        working={active !== undefined || asking}
        edited={edited}
        onSend={send}
        onStop={active ? () => void stop() : undefined}
      />
      <Announcer run={active ?? runs.data?.at(-1)?.run_id} />
    </main>
  );
}

function useTitle(conversation: string | undefined): string {
  const { t } = useTranslation();
  const found = useConversations().data?.items.find((item) => item.id === conversation);
  const waits = useLive((state) =>
    Object.values(state.runs).some(
      (run) => run.conversation_id === conversation && waitingQuestions(run).length > 0 && !isOver(run.status),
    ),
  );
  const title = found?.title || t("chat.title");
  useEffect(() => {
    document.title = `${waits ? "● " : ""}${conversation ? title : t("app.name")}${conversation ? ` · ${t("app.name")}` : ""}`;
  }, [title, waits, conversation, t]);
  return title;
}

/** Escape stops the work, unless it has closed something first. */
function useEscape(act: (() => void) | null): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) latest.current?.();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}
