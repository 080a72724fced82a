import { useTranslation } from "react-i18next";
import { useSession } from "@/client/client";
import { SettingsPage } from "@/ui/Settings";
import { Documents } from "./Documents";
import { Drafts } from "./Drafts";
import { Explain } from "./Explain";
import { Grants } from "./Grants";
import { Keys } from "./Keys";
import { Policies } from "./Policies";
import { Secrets } from "./Secrets";
import { Servers } from "./Servers";
import { Skills } from "./Skills";
import { Tools } from "./Tools";
import "./words";

/** What agents can do here, and what stands between that and harm. */
export function SafetyPage() {
  const { t } = useTranslation();
  const session = useSession();
  const admin = session.status === "in" && session.user.scopes.includes("admin");
  return (
    <SettingsPage title={t("safety.title")} admin={admin}>
      <Tools admin={admin} />
      {admin && <Drafts />}
      <Servers admin={admin} />
      <Documents admin={admin} />
      <Skills admin={admin} />
      <Policies admin={admin} />
      <Explain />
      <Grants />
      {admin && <Secrets />}
      <Keys />
    </SettingsPage>
  );
}
