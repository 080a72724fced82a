import { Search, SquarePen } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { useLive } from "@/client/client";
import { problemFrom } from "@/client/http";
import { useConversations, useOlder, useRemove, useRename } from "@/client/queries";
import { isOver } from "@/client/run";
import type { Conversation } from "@/client/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { ConversationRow } from "./ConversationRow";
import { type Group, grouped, matching } from "./grouping";

export type Activity = "running" | "waiting";

/** Where an agent works or waits, as one string so that a token more changes nothing here. */
function useActivity(): Map<string, Activity> {
  const told = useLive((state) => {
    const found = new Map<string, Activity>();
    for (const run of Object.values(state.runs)) {
      if (isOver(run.status) || found.get(run.conversation_id) === "waiting") continue;
      found.set(run.conversation_id, run.status as Activity);
    }
    return JSON.stringify([...found]);
  });
  return useMemo(() => new Map(JSON.parse(told) as [string, Activity][]), [told]);
}

const MANY = 5; // fewer need no filter

export function ConversationList() {
  const { t } = useTranslation();
  const [filter, setFilter] = useState("");
  const [leaving, setLeaving] = useState<Conversation | null>(null);
  const { conversation: current } = useParams<{ conversation: string }>();
  const navigate = useNavigate();
  const query = useConversations();
  const older = useOlder();
  const rename = useRename();
  const remove = useRemove();
  const activity = useActivity();

  const items = query.data?.items ?? [];
  const next = query.data?.next;
  const shown = matching(items, filter);
  const title = (item: Conversation) => item.title || t("conversations.untitled");

  const confirmRemoval = () => {
    if (!leaving) return;
    remove.mutate(leaving.id);
    if (leaving.id === current) void navigate("/");
    setLeaving(null);
  };

  return (
    <>
      <div className="flex flex-col gap-2 px-3 pt-2 pb-3">
        <Link
          to="/"
          className="flex min-h-11 items-center gap-3 rounded-xl border border-control px-3 text-sm font-medium transition-colors duration-150 hover:bg-surface-3"
        >
          <SquarePen aria-hidden className="size-4 text-primary" />
          {t("conversations.new")}
        </Link>
        {(items.length > MANY || filter) && (
          <div className="relative">
            <Search aria-hidden className="pointer-events-none absolute top-3.5 left-3 size-4 text-text-2" />
            <input
              type="search"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
              aria-label={t("conversations.search")}
              placeholder={t("conversations.search")}
              className="min-h-11 w-full rounded-xl border border-transparent bg-surface-1 pr-2 pl-9 text-sm hover:border-control focus:border-control"
            />
          </div>
        )}
      </div>
      <nav aria-label={t("menu.title")} className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
        {query.isError && <ProblemNotice title={t("conversations.failed")} problem={problemFrom(query.error)} />}
        {query.isSuccess && items.length === 0 && (
          <p className="px-3 py-2 text-sm text-text-2">{t("conversations.empty")}</p>
        )}
        {items.length > 0 && shown.length === 0 && (
          <p className="px-3 py-2 text-sm break-words text-text-2">{t("conversations.none", { text: filter })}</p>
        )}
        {grouped(shown, new Date()).map(([group, members]: [Group, Conversation[]]) => (
          <section key={group} className="mt-3 first:mt-0">
            <h2 className="px-3 py-1.5 text-xs font-medium text-text-2">{t(`conversations.groups.${group}`)}</h2>
            <ul>
              {members.map((item) => (
                <ConversationRow
                  key={item.id}
                  id={item.id}
                  title={title(item)}
                  current={item.id === current}
                  activity={activity.get(item.id)}
                  onRename={(next) => rename.mutate({ id: item.id, title: next })}
                  onRemove={() => setLeaving(item)}
                />
              ))}
            </ul>
          </section>
        ))}
        {older.isError && <ProblemNotice title={t("conversations.failed")} problem={problemFrom(older.error)} alert />}
        {next && (
          <Button className="mt-3 w-full" disabled={older.isPending} onClick={() => older.mutate(next)}>
            {t("conversations.more")}
          </Button>
        )}
      </nav>
      <Confirm
        open={leaving !== null}
        title={t("conversations.confirm.title")}
        text={t("conversations.confirm.text", { title: leaving ? title(leaving) : "" })}
        yes={t("conversations.confirm.yes")}
        no={t("conversations.confirm.no")}
        onYes={confirmRemoval}
        onClose={() => setLeaving(null)}
      />
    </>
  );
}
