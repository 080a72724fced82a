import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useSession } from "@/client/client";
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
    <main id="conversation" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
      <div className="mx-auto flex max-w-4xl flex-col gap-10 px-4 py-8 sm:px-6">
        <div>
          <Link to="/" className="inline-flex min-h-11 items-center text-sm text-primary underline underline-offset-4">
            {t("costs.back")}
          </Link>
          <h1 className="mt-1 text-2xl font-semibold tracking-tight">{t("costs.title")}</h1>
          {!admin && <p className="mt-2 text-sm text-text-2">{t("costs.lookOnly")}</p>}
        </div>
        <Providers admin={admin} />
        <Budgets admin={admin} />
        <Savings />
        <Preferred admin={admin} />
        <ModelList />
      </div>
    </main>
  );
}
