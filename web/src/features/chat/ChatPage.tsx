import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { useClient, useLive } from "@/client/client";
import { keepDraft } from "@/client/drafts";
import { problemFrom } from "@/client/http";
import { useConversations, useRuns, useSay, useStart } from "@/client/queries";
import { isOver, waitingQuestions } from "@/client/run";
import type { Enclosed, Problem, Run } from "@/client/types";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { usePreferences } from "@/ui/preferences";
import { Announcer } from "./Announcer";
import { Composer, type Edited } from "./Composer";
import { Transcript } from "./Transcript";
import type { Urgency } from "./Urgency";
import { Welcome } from "./Welcome";

export function ChatPage() {
  const { t } = useTranslation();
  const { conversation } = useParams<{ conversation: string }>();
  const navigate = useNavigate();
  const { api, live } = useClient();
  const { model } = usePreferences();
  const runs = useRuns(conversation);
  const start = useStart();
  const say = useSay();
  const [pending, setPending] = useState<({ goal: string; conversation: string | undefined } & Enclosed) | null>(null);
  const [problem, setProblem] = useState<{ title: string; problem: Problem } | null>(null);
  const [edited, setEdited] = useState<Edited | null>(null);
  const here = useRef(conversation);
  here.current = conversation;

  useEffect(() => {
    setProblem(null);
    setEdited(null);
  }, [conversation]);

  const active = useLive((state) => {
    const under = runs.data?.find((run) => !isOver(state.runs[run.run_id]?.status ?? run.status));
    return under?.run_id;
  });
  const resting = useLive((state) => (active ? state.runs[active]?.paused : "") === "person");
  const unknown = useLive((state) => {
    const next = active ? state.runs[active]?.next : "";
    return Boolean(next) && !runs.data?.some((run) => run.run_id === next);
  });
  const { refetch } = runs;
  useEffect(() => {
    if (unknown) void refetch(); // it was queued from somewhere else
  }, [unknown, refetch]);
  const title = useTitle(conversation);
  const asking = pending !== null && pending.conversation === conversation;

  const send = async (goal: string, enclosed: Enclosed = {}): Promise<boolean> => {
    const from = conversation;
    setProblem(null);
    setPending({ goal, conversation, ...enclosed });
    try {
      const run = await start.mutateAsync({
        goal,
        model,
        ...(from && { conversation_id: from }),
        ...enclosed,
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

  /** To the agent at work. One that ended in the meantime cannot hear it: it is a message like any other then. */
  const steer = async (message: string, enclosed: Enclosed, urgency: Urgency): Promise<boolean> => {
    if (!active) return send(message, enclosed);
    setProblem(null);
    try {
      const behind = urgency === "queue" && { model };
      await say.mutateAsync({ run_id: active, message, urgency, ...behind, ...enclosed });
      return true;
    } catch (error) {
      const found = problemFrom(error);
      if (found.code === "run_finished") return send(message, enclosed);
      setProblem({ title: t("chat.sendFailed"), problem: found });
      return false;
    }
  };

  const halt = async (title: string, act: (run_id: string) => Promise<Run>) => {
    if (!active) return;
    try {
      live.note(await act(active));
    } catch (error) {
      const found = problemFrom(error);
      if (found.code !== "run_finished") setProblem({ title, problem: found });
    }
  };
  const stop = () => halt(t("chat.stopFailed"), api.cancel);
  const pause = () => halt(t("chat.pauseFailed"), api.pause);
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
          pending={asking ? pending : null}
          onRetry={(goal, quoted) => void send(goal, { quoted })}
          onEdit={(text, quoted) => setEdited({ text, quoted, key: Date.now() })}
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
        onSend={active ? steer : send}
        onStop={active ? () => void stop() : undefined}
        onPause={active && !resting ? () => void pause() : undefined}
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
