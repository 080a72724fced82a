import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useClient } from "@/client/client";
import type { ApprovalList } from "@/client/types";

/** When a question that nobody answers is refused. */
export function Until({ approval }: { approval: string }) {
  const { t, i18n } = useTranslation();
  const { api } = useClient();
  const { data } = useQuery({
    queryKey: ["approval", approval, "until"],
    staleTime: Infinity,
    queryFn: async () => {
      const { items } = await api.ask<ApprovalList>("GET /api/v1/approvals");
      return items.find(({ approval_id }) => approval_id === approval)?.expires_at ?? "";
    },
  });
  if (!data) return null;
  const moment = new Date(data).toLocaleString(i18n.language, { dateStyle: "medium", timeStyle: "short" });
  return (
    <p className="mt-2 text-xs leading-relaxed text-text-2" data-slot="until">
      {t("asking.until", { moment })}
    </p>
  );
}
