import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useClient } from "./client";
import type { Api } from "./http";

/** Something changed on the server; what it makes stale is asked again. */
export function useChange<Asked, Made>(change: (api: Api, asked: Asked) => Promise<Made>, stale: QueryKey[]) {
  const { api } = useClient();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (asked: Asked) => change(api, asked),
    onSuccess: () => Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey }))),
  });
}
