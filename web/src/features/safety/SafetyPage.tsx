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

const PARTS = ["tools", "drafts", "servers", "documents", "skills", "policies", "explain", "grants", "secrets", "keys"] as const;
const OF_ADMINS: readonly string[] = ["drafts", "secrets"];

/** What agents can do here, and what stands between that and harm. */
export function SafetyPage() {
  const { t } = useTranslation();
  const session = useSession();
  const admin = session.status === "in" && session.user.scopes.includes("admin");
  const shown = PARTS.filter((part) => admin || !OF_ADMINS.includes(part));
  return (
    <SettingsPage
      title={t("safety.title")}
      admin={admin}
      parts={Object.fromEntries(shown.map((part) => [part, t(`safety.${part}.title`)]))}
    >
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
