/** Models and money, as the settings page asks for them. */

import { type QueryKey, useQuery } from "@tanstack/react-query";
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

export const MODELS_STALE: QueryKey[] = [moneyKeys.models, keys.models];
export const MONEY_STALE: QueryKey[] = [moneyKeys.budgets, keys.active];
