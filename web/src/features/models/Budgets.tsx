import { useState } from "react";
import { useTranslation } from "react-i18next";
import { problemFrom } from "@/client/http";
import { useChange } from "@/client/change";
import { MONEY_STALE, useBudgets } from "@/client/money";
import type { Budget, BudgetList } from "@/client/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { useFormat } from "@/ui/format";
import { Notice } from "@/ui/Notice";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { SetBudget, TopUp } from "./BudgetForms";
import { Loaded, Section } from "@/ui/Settings";

export function Budgets({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = useBudgets();
  return (
    <Section title={t("costs.budgets.title")} text={t("costs.budgets.text")}>
      <Loaded asked={asked}>{(found) => <List found={found} admin={admin} />}</Loaded>
      {admin && <SetBudget />}
    </Section>
  );
}

function List({ found, admin }: { found: BudgetList; admin: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      {found.waiting > 0 && <Notice tone="warning" title={t("costs.budgets.waiting", { count: found.waiting })} />}
      <ul className="flex flex-col gap-3">
        {found.items.map((budget) => (
          <Row key={`${budget.scope} ${budget.name} ${budget.period}`} budget={budget} found={found} admin={admin} />
        ))}
        {found.items.length === 0 && <li className="text-sm text-text-2">{t("costs.budgets.none")}</li>}
      </ul>
    </>
  );
}

function Row({ budget, found, admin }: { budget: Budget; found: BudgetList; admin: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [removing, setRemoving] = useState(false);
  const remove = useChange((api, which: Budget) => api.removeBudget(which), MONEY_STALE);
  const share = budget.limit > 0 ? Math.min(1, budget.spent / budget.limit) : 1;
  const whose =
    budget.name === "*"
      ? t(`costs.budgets.each.${budget.scope as "user" | "agent"}`)
      : t(`costs.budgets.scopes.${budget.scope}`, { name: budget.label });
  const title = `${whose}, ${t(`costs.budgets.periods.${budget.period}`)}`;
  const fill = share >= 1 ? "bg-fill-error" : share >= 0.8 ? "bg-fill-warning" : "bg-fill-primary";
  const each = budget.name === "*";
  return (
    <li className="rounded-2xl border border-line bg-surface-2 p-4" data-slot="budget">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="min-w-0 font-medium break-words">{title}</h3>
        <p className="text-sm text-text-2 tabular-nums">
          {each
            ? t("costs.budgets.of", { limit: format.money(budget.limit) })
            : t("costs.budgets.standing", {
                spent: format.money(budget.spent),
                limit: format.money(budget.limit),
                left: format.money(budget.left),
                credits: format.number(Math.floor(budget.left / found.credit + 1e-6)),
              })}
        </p>
      </div>
      {!each && (
        <div
          role="meter"
          aria-label={title}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share * 100)}
          aria-valuetext={format.percent(share * 100)}
          className="mt-3 h-3 overflow-hidden rounded-full border border-control bg-surface-1"
        >
          <div className={`h-full ${fill}`} style={{ width: `${share * 100}%` }} />
        </div>
      )}
      {budget.reserved > 0 && (
        <p className="mt-2 text-xs text-text-2">{t("costs.budgets.reserved", { money: format.money(budget.reserved) })}</p>
      )}
      {admin && (
        <div className="mt-3 flex flex-wrap items-end justify-end gap-3">
          {!each && <TopUp budget={budget} title={title} waiting={found.waiting} />}
          {!budget.drawn && (
            <Button look="quiet" onClick={() => setRemoving(true)} aria-label={t("costs.budgets.removeLabel", { title })}>
              {t("settings.remove")}
            </Button>
          )}
        </div>
      )}
      {remove.error && (
        <div className="mt-3">
          <ProblemNotice title={t("settings.notChanged")} problem={problemFrom(remove.error)} alert />
        </div>
      )}
      <Confirm
        open={removing}
        title={t("costs.budgets.removeTitle", { title })}
        text={t("costs.budgets.removeText")}
        yes={t("settings.remove")}
        no={t("settings.cancel")}
        onYes={() => remove.mutate(budget)}
        onClose={() => setRemoving(false)}
      />
    </li>
  );
}
