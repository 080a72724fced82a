import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemFrom } from "@/client/http";
import { useChange } from "@/client/change";
import { MONEY_STALE } from "@/client/money";
import type { Budget, BudgetForm, TopUpForm } from "@/client/types";
import { Button } from "@/ui/Button";
import { CheckField, SelectField, TextField } from "@/ui/Field";
import { useFormat } from "@/ui/format";
import { ProblemNotice } from "@/ui/ProblemNotice";

const WHOSE = ["tenant", "user", "user*", "agent", "agent*", "run"] as const;
const PERIODS = ["month", "day", "total"] as const;

const amount = (form: FormData) => Number(String(form.get("dollars")).replace(",", "."));

/** Adds money to a budget, and lets the runs go on that wait for it. */
export function TopUp({ budget, title, waiting }: { budget: Budget; title: string; waiting: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const topUp = useChange((api, form: TopUpForm) => api.topUp(form), MONEY_STALE);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const { scope, name, period } = budget;
    topUp.mutate({ scope, name, period, dollars: amount(said), resume: said.has("resume") });
    event.currentTarget.reset();
  };
  return (
    <form onSubmit={submit} aria-label={title} className="flex min-w-0 flex-1 basis-64 flex-wrap items-end gap-x-3 gap-y-1">
      <TextField
        name="dollars"
        inputMode="decimal"
        pattern="-?[0-9]+([.,][0-9]+)?"
        label={t("costs.budgets.topUpLabel")}
        placeholder="5"
        className="w-44"
        required
      />
      <Button type="submit" disabled={topUp.isPending}>
        {t("costs.budgets.topUp")}
      </Button>
      {waiting > 0 && (
        <div className="basis-full">
          <CheckField name="resume" label={t("costs.budgets.resume", { count: waiting })} defaultChecked />
        </div>
      )}
      <p role="status" className="basis-full text-sm text-success empty:hidden">
        {topUp.data &&
          t(topUp.data.resumed.length > 0 ? "costs.budgets.topped" : "costs.budgets.toppedOnly", {
            left: format.money(topUp.data.budget.left),
            count: topUp.data.resumed.length,
          })}
      </p>
      {topUp.error && (
        <div className="basis-full">
          <ProblemNotice title={t("settings.notChanged")} problem={problemFrom(topUp.error)} alert />
        </div>
      )}
    </form>
  );
}

export function SetBudget() {
  const { t } = useTranslation();
  const [whose, setWhose] = useState<(typeof WHOSE)[number]>("tenant");
  const set = useChange((api, form: BudgetForm) => api.setBudget(form), MONEY_STALE);
  const scope = whose.replace("*", "") as Budget["scope"];
  const named = whose === scope && scope !== "tenant";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const name = named ? String(said.get("name")).trim() : whose === scope ? "" : "*";
    set.mutate({ scope, name, period: String(said.get("period")) as Budget["period"], dollars: amount(said) });
  };
  return (
    <form onSubmit={submit} className="rounded-2xl border border-control bg-surface-2 p-4" data-slot="set-budget">
      <h3 className="text-sm font-medium">{t("costs.budgets.set")}</h3>
      <div className="mt-3 flex flex-wrap items-end gap-3 *:min-w-36 *:flex-1 [&>button]:flex-none">
        <SelectField
          label={t("costs.budgets.whose")}
          value={whose}
          onChange={(event) => setWhose(event.target.value as (typeof WHOSE)[number])}
        >
          {WHOSE.map((one) => (
            <option key={one} value={one}>
              {one.endsWith("*") ? t(`costs.budgets.each.${one.slice(0, -1) as "user" | "agent"}`) : t(`costs.budgets.choose.${one as Budget["scope"]}`)}
            </option>
          ))}
        </SelectField>
        {named && <TextField name="name" label={t(`costs.budgets.names.${scope as "user" | "agent" | "run"}`)} required />}
        <SelectField name="period" label={t("costs.budgets.period")}>
          {PERIODS.map((period) => (
            <option key={period} value={period}>
              {t(`costs.budgets.periods.${period}`)}
            </option>
          ))}
        </SelectField>
        <TextField
          name="dollars"
          inputMode="decimal"
          pattern="[0-9]+([.,][0-9]+)?"
          label={t("costs.budgets.dollars")}
          placeholder="20"
          required
        />
        <Button type="submit" disabled={set.isPending}>
          {t("costs.budgets.save")}
        </Button>
      </div>
      {set.error && (
        <div className="mt-3">
          <ProblemNotice title={t("settings.notChanged")} problem={problemFrom(set.error)} alert />
        </div>
      )}
    </form>
  );
}
