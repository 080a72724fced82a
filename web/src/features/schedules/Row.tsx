import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useChange } from "@/client/change";
import {
  doNow, pauseSchedule, removeSchedule, resumeSchedule, SCHEDULES_STALE, useLastRun,
} from "@/client/schedules";
import type { Schedule } from "@/client/types";
import { Button } from "@/ui/Button";
import { NotChanged, Remove } from "@/ui/Change";
import { moment, said } from "./when";

const ENDS = ["done", "cancelled", "missed"] as const;
const STATUSES = ["running", "waiting", "completed", "failed", "cancelled", "interrupted"] as const;

/** One of them: what, when, what came of it last, and what can be done with it. */
export function Row({ of: one, acts }: { of: Schedule; acts: boolean }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const ended = ENDS.find((end) => end === one.ended) ?? "other";
  const next = one.next && !one.timing.at && t("schedules.next", { moment: moment(one.next, language) });
  const facts = [
    t(`schedules.kinds.${one.kind}`),
    said(one.timing, t, language),
    one.ended ? t(`schedules.ended.${ended}`) : one.paused ? t("schedules.paused") : next,
  ];
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-2xl border border-line bg-surface-2 p-4" data-slot="schedule">
      <div className="min-w-0 flex-1 basis-64">
        <h3 className="font-medium wrap-anywhere">{one.text}</h3>
        <p className="mt-0.5 text-sm wrap-anywhere text-text-2">{facts.filter(Boolean).join(" · ")}</p>
        <p className="mt-0.5 text-sm text-text-2">
          {one.last
            ? t("schedules.fired", { count: one.fired, moment: moment(one.last, language) })
            : t("schedules.never")}
        </p>
        {one.run_id && <LastRun id={one.run_id} />}
      </div>
      {acts && <Actions of={one} />}
    </li>
  );
}

function LastRun({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data } = useLastRun(id);
  if (!data) return null;
  const status = STATUSES.find((known) => known === data.status) ?? "other";
  return (
    <Link
      to={`/c/${data.conversation_id}`}
      className="inline-flex min-h-11 items-center text-sm text-primary underline underline-offset-4"
    >
      {t("schedules.run", { status: t(`schedules.statuses.${status}`) })}
    </Link>
  );
}

function Actions({ of: one }: { of: Schedule }) {
  const { t } = useTranslation();
  const turn = useChange(one.paused ? resumeSchedule : pauseSchedule, SCHEDULES_STALE);
  const now = useChange(doNow, SCHEDULES_STALE);
  const pausing = one.paused ? t("schedules.resume") : t("schedules.pause");
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button aria-label={`${t("schedules.now")}: ${one.text}`} disabled={now.isPending} onClick={() => now.mutate(one.id)}>
        {t("schedules.now")}
      </Button>
      <Button look="quiet" aria-label={`${pausing}: ${one.text}`} disabled={turn.isPending} onClick={() => turn.mutate(one.id)}>
        {pausing}
      </Button>
      <Remove
        id={one.id}
        name={one.text}
        word={t("schedules.remove")}
        title={t("schedules.removeTitle", { text: one.text })}
        text={t("schedules.removeText")}
        stale={SCHEDULES_STALE}
        remove={removeSchedule}
      />
      <NotChanged error={now.error ?? turn.error} />
    </div>
  );
}
