/** What the server holds, as the app asks for it. */

import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useClient } from "./client";
import { type Api, picture } from "./http";
import type { Artifact, Conversation, ConversationPage, Run } from "./types";

// Within <img> none of them runs anything or fetches anything.
const PICTURES = /^image\/(png|jpeg|gif|webp|svg\+xml)$/;
const LARGEST_PICTURE = 5_000_000; // bytes


export const keys = {
  conversations: ["conversations"] as const,
  runs: (conversation: string) => ["runs", conversation] as const,
  active: ["runs", "", "active"] as const,
  models: ["models"] as const,
  tools: ["tools"] as const,
};

/** The latest conversations; asked again, as many as were there. */
export function useConversations() {
  const { api } = useClient();
  const queries = useQueryClient();
  return useQuery({
    queryKey: keys.conversations,
    queryFn: async () => {
      const had = queries.getQueryData<ConversationPage>(keys.conversations)?.items.length ?? 0;
      let page = await api.conversations();
      while (page.next && page.items.length < had) page = joined(page, await api.conversations(page.next));
      return page;
    },
  });
}

/** Those before them, added to them. */
export function useOlder() {
  const { api } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: api.conversations,
    onSuccess: (older) =>
      queries.setQueryData<ConversationPage>(keys.conversations, (page) => page && joined(page, older)),
  });
}

function joined(page: ConversationPage, older: ConversationPage): ConversationPage {
  const known = new Set(page.items.map(({ id }) => id));
  return { ...older, items: [...page.items, ...older.items.filter(({ id }) => !known.has(id))] };
}

/** The runs of a conversation, oldest first. */
export function useRuns(conversation: string | undefined) {
  const { api } = useClient();
  return useQuery({
    queryKey: keys.runs(conversation ?? ""),
    enabled: conversation !== undefined,
    queryFn: async () => {
      const runs: Run[] = [];
      let before: string | undefined;
      do {
        const page = await api.runs({ conversation_id: conversation!, limit: 100, ...(before && { before }) });
        runs.push(...page.items);
        before = page.next ?? undefined;
      } while (before);
      if (runs.length === 0) await api.conversation(conversation!); // is there one?
      return runs.sort((a, b) => a.started_at.localeCompare(b.started_at) || a.run_id.localeCompare(b.run_id));
    },
  });
}

export function useModels() {
  const { api } = useClient();
  return useQuery({ queryKey: keys.models, queryFn: api.models, staleTime: 60_000 });
}

/** One tool, as the server knows it. */
export function useTool(name: string) {
  const { api } = useClient();
  return useQuery({ queryKey: [...keys.tools, name], queryFn: () => api.tool(name), staleTime: Infinity });
}

/** The picture that a tool made, as an address of its own bytes; nothing where it is none. */
export function usePicture(artifact: Artifact | null) {
  const shown = artifact !== null && PICTURES.test(artifact.media_type) && artifact.size <= LARGEST_PICTURE;
  return useQuery({
    queryKey: ["picture", artifact?.id],
    enabled: shown,
    staleTime: Infinity,
    queryFn: () => picture(artifact!),
  });
}

/** Runs under way, whoever started them: the conversation list shows where an agent works or waits. */
export function useActiveRuns() {
  const { api, live } = useClient();
  const query = useQuery({
    queryKey: keys.active,
    queryFn: async () => {
      const [running, waiting] = await Promise.all([api.runs({ status: "running" }), api.runs({ status: "waiting" })]);
      return [...running.items, ...waiting.items];
    },
  });
  useEffect(() => {
    for (const run of query.data ?? []) live.watch(run);
  }, [query.data, live]);
}

/** A run that is new to this page: it joins its conversation, and is followed. */
function useNewRun(): (run: Run) => void {
  const { live } = useClient();
  const queries = useQueryClient();
  return (run) => {
    queries.setQueryData<Run[]>(keys.runs(run.conversation_id), (runs = []) =>
      runs.some((known) => known.run_id === run.run_id) ? runs : [...runs, run],
    );
    live.watch(run);
    void queries.invalidateQueries({ queryKey: keys.conversations });
  };
}

export function useStart() {
  const { api } = useClient();
  const joins = useNewRun();
  return useMutation({
    mutationFn: api.start,
    onSuccess: joins,
  });
}

/** To a run at work; what is queued is answered by a run of its own. */
export function useSay() {
  const { api } = useClient();
  const joins = useNewRun();
  return useMutation({
    mutationFn: ({ run_id, ...said }: Parameters<Api["say"]>[1] & { run_id: string }) => api.say(run_id, said),
    onSuccess: joins,
  });
}

/** What was withheld of the result of a call is read by the model: in its run, or in a new one where that is over. */
export function useLetThrough(run_id: string) {
  const { api } = useClient();
  const joins = useNewRun();
  return useMutation({
    mutationFn: (body: { call_id: string; always: boolean }) =>
      api.ask<Run>("POST /api/v1/runs/{run_id}/passages", { names: [run_id], body }),
    onSuccess: joins,
  });
}

function change(queries: QueryClient, with_: (items: Conversation[]) => Conversation[]) {
  queries.setQueryData<ConversationPage>(keys.conversations, (page) => page && { ...page, items: with_(page.items) });
}

export function useRename() {
  const { api } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) => api.rename(id, title),
    onMutate: ({ id, title }) =>
      change(queries, (items) => items.map((item) => (item.id === id ? { ...item, title } : item))),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.conversations }),
  });
}

export function useRemove() {
  const { api } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.remove(id),
    onSuccess: (_, id) => {
      change(queries, (items) => items.filter((item) => item.id !== id));
      queries.removeQueries({ queryKey: keys.runs(id) });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: keys.conversations }),
  });
}
