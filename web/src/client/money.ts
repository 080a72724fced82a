/** Models and money, as the settings page asks for them. */

import { type QueryKey, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Api } from "./http";
import { useClient } from "./client";
import { keys } from "./queries";

export const moneyKeys = {
  models: ["money", "models"] as const,
  preferences: ["money", "preferences"] as const,
  budgets: ["money", "budgets"] as const,
  savings: ["money", "savings"] as const,
};

export function useModelList() {
  const { api } = useClient();
  return useQuery({ queryKey: moneyKeys.models, queryFn: api.modelList });
}

export function usePreferred() {
  const { api } = useClient();
  return useQuery({ queryKey: moneyKeys.preferences, queryFn: api.preferences });
}

export function useBudgets() {
  const { api } = useClient();
  return useQuery({ queryKey: moneyKeys.budgets, queryFn: api.budgets });
}

/** Of the last days, today included. */
export function useSavings(days: number) {
  const { api } = useClient();
  const since = new Date(Date.now() - (days - 1) * 86_400_000).toISOString().slice(0, 10);
  return useQuery({ queryKey: [...moneyKeys.savings, since], queryFn: () => api.savings(since) });
}

/** Something changed on the server; what it makes stale is asked again. */
export function useChange<Asked, Made>(change: (api: Api, asked: Asked) => Promise<Made>, stale: QueryKey[]) {
  const { api } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (asked: Asked) => change(api, asked),
    onSuccess: () => Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}

export const MODELS_STALE: QueryKey[] = [moneyKeys.models, keys.models];
export const MONEY_STALE: QueryKey[] = [moneyKeys.budgets, keys.active];
