import { useTranslation } from "react-i18next";
import { useSession } from "@/client/client";
import { SettingsPage } from "@/ui/Settings";
import { Budgets } from "./Budgets";
import { ModelList } from "./ModelList";
import { Preferred } from "./Preferred";
import { Providers } from "./Providers";
import { Savings } from "./Savings";
import "./words";

/** Who thinks here, for how much money, and what was saved. */
export function ModelsPage() {
  const { t } = useTranslation();
  const session = useSession();
  const admin = session.status === "in" && session.user.scopes.includes("admin");
  return (
    <SettingsPage title={t("costs.title")} admin={admin}>
      <Providers admin={admin} />
      <Budgets admin={admin} />
      <Savings />
      <Preferred admin={admin} />
      <ModelList />
    </SettingsPage>
  );
}
