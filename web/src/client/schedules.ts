/** What is to happen later, as its page asks for it. */

import { type QueryKey, useQuery } from "@tanstack/react-query";
import { useClient } from "./client";
import type { Api } from "./http";
import type { Run, Schedule, ScheduleForm, ScheduleList } from "./types";

const SCHEDULES: QueryKey = ["schedules"];
export const SCHEDULES_STALE: QueryKey[] = [SCHEDULES];

export function useSchedules() {
  const { api } = useClient();
  return useQuery({
    queryKey: SCHEDULES,
    queryFn: () => api.ask<ScheduleList>("GET /api/v1/schedules", { query: { ended: "true" } }),
    refetchInterval: 30_000, // time passes
  });
}

/** The run in which it last happened. */
export function useLastRun(id: string) {
  const { api } = useClient();
  return useQuery({
    queryKey: [...SCHEDULES, "run", id],
    queryFn: () => api.ask<Run>("GET /api/v1/runs/{run_id}", { names: [id] }),
    enabled: id !== "",
  });
}

export const addSchedule = (api: Api, body: ScheduleForm) => api.ask<Schedule>("POST /api/v1/schedules", { body });
export const removeSchedule = async (api: Api, id: string) => {
  await api.ask<Schedule>("DELETE /api/v1/schedules/{schedule_id}", { names: [id] });
};
export const pauseSchedule = (api: Api, id: string) =>
  api.ask<Schedule>("POST /api/v1/schedules/{schedule_id}/pause", { names: [id] });
export const resumeSchedule = (api: Api, id: string) =>
  api.ask<Schedule>("POST /api/v1/schedules/{schedule_id}/resume", { names: [id] });
export const doNow = (api: Api, id: string) => api.ask<Schedule>("POST /api/v1/schedules/{schedule_id}/run", { names: [id] });
