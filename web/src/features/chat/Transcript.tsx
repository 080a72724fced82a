import { ArrowDown } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient, useLive } from "@/client/client";
import { isOver } from "@/client/run";
import type { Run } from "@/client/types";
import { Button, IconButton } from "@/ui/Button";
import { Spinner } from "@/ui/Spinner";
import { Asked, Turn } from "./Turn";
import { useStickToEnd } from "./useStickToEnd";

const TURNS_AT_ONCE = 20;
const LONGEST_WAIT = 30_000; // milliseconds for what agents did before to arrive, so that nothing jumps

interface Props {
  runs: Run[];
  loading: boolean;
  pending: { goal: string; quoted?: string[] } | null;
  onRetry(goal: string, quoted: string[]): void;
  onEdit(goal: string, quoted: string[]): void;
}

/** A conversation from its first message to its last; of a long one, the end is shown first. */
export function Transcript({ runs, loading, pending, onRetry, onEdit }: Props) {
  const { t } = useTranslation();
  const [turns, setTurns] = useState(TURNS_AT_ONCE);
  const shown = runs.slice(-turns);
  const ready = useReplayed(shown, loading);
  const { frame, content, atEnd, toEnd } = useStickToEnd(ready);

  const asked = pending !== null;
  useEffect(() => {
    if (asked) toEnd();
  }, [asked, toEnd]);

  return (
    <div className="relative min-h-0 flex-1">
      <div ref={frame} className="h-full overflow-y-auto overscroll-contain">
        <div
          ref={content}
          role="log"
          aria-live="off"
          aria-label={t("chat.messages")}
          aria-busy={!ready}
          className="mx-auto flex w-full max-w-3xl flex-col gap-10 px-4 pt-4 pb-8 sm:px-6"
        >
          {!ready && <Loading />}
          {ready && shown.length < runs.length && (
            <Button look="quiet" className="self-center" onClick={() => setTurns(turns + TURNS_AT_ONCE)}>
              {t("chat.earlier")}
            </Button>
          )}
          {ready &&
            shown.map((run, index) => (
              <Turn
                key={run.run_id}
                view={run}
                last={index === shown.length - 1 && pending === null}
                onRetry={onRetry}
                onEdit={onEdit}
              />
            ))}
          {pending !== null && (
            <article className="flex flex-col gap-5">
              <Asked text={pending.goal} quoted={pending.quoted} />
              <p className="flex items-center gap-2.5 text-sm text-text-2">
                <Spinner />
                {t("chat.starting")}
              </p>
            </article>
          )}
        </div>
      </div>
      {!atEnd && (
        <IconButton
          label={t("chat.latest")}
          look="outline"
          round
          onClick={() => toEnd(true)}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 animate-rise bg-surface-3 shadow-float"
        >
          <ArrowDown aria-hidden className="size-5" />
        </IconButton>
      )}
    </div>
  );
}

/** Whether what the shown runs did has been told again, or has taken too long to wait for. */
function useReplayed(shown: Run[], loading: boolean): boolean {
  const { live } = useClient();
  const [waited, setWaited] = useState(false);
  const names = shown.map((run) => run.run_id).join(" ");
  useEffect(() => {
    for (const run of shown) live.watch(run);
  }, [names, live]); // the names say all of `shown` that matters here
  const told = useLive((state) => shown.every((run) => state.runs[run.run_id]?.told || !isOver(run.status)));
  const unheard = useLive((state) => state.connection === "waiting"); // the line is broken: what is known will do
  const [everReady, setEverReady] = useState(false);
  useEffect(() => {
    if (loading) return;
    const timer = setTimeout(() => setWaited(true), LONGEST_WAIT);
    return () => clearTimeout(timer);
  }, [loading]);
  const ready = everReady || (!loading && (told || unheard || waited));
  useEffect(() => {
    if (ready) setEverReady(true);
  }, [ready]);
  return ready;
}

/** Shown only when loading takes long enough to be noticed. */
function Loading() {
  const { t } = useTranslation();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <p role="status" className="flex items-center justify-center gap-2.5 py-10 text-sm text-text-2">
      <Spinner />
      {t("app.loading")}
    </p>
  );
}
