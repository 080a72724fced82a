import { useTranslation } from "react-i18next";
import { useSavings } from "@/client/money";
import type { DayOfSavings } from "@/client/types";
import { useFormat } from "@/ui/format";
import { Loaded, Section } from "@/ui/Settings";

const DAYS = 14;
const PARTS = ["router", "cache", "optimiser"] as const;
const FILLS = { router: "bg-fill-primary", cache: "bg-fill-success", optimiser: "bg-fill-info" };

const saved = (day: DayOfSavings) => day.router + day.cache + day.optimiser;

export function Savings() {
  const { t } = useTranslation();
  const asked = useSavings(DAYS);
  return (
    <Section title={t("costs.savings.title")} text={t("costs.savings.text", { days: DAYS })}>
      <Loaded asked={asked}>{({ items }) => <Days items={items} />}</Loaded>
      <p>
        <a
          href="/api/v1/budgets/export"
          download
          className="inline-flex min-h-11 items-center text-sm text-primary underline underline-offset-4"
        >
          {t("costs.savings.export")}
        </a>
      </p>
    </Section>
  );
}

function Days({ items }: { items: DayOfSavings[] }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  if (items.length === 0) return <p className="text-sm text-text-2">{t("costs.savings.none")}</p>;
  const most = Math.max(...items.map((day) => day.spent + Math.max(0, saved(day))), 1e-9);
  const total = (part: (day: DayOfSavings) => number) => items.reduce((sum, day) => sum + part(day), 0);
  const date = new Intl.DateTimeFormat(i18n.language, { day: "numeric", month: "short", timeZone: "UTC" });
  return (
    <div className="rounded-2xl border border-line bg-surface-2 p-4">
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-5">
        <Sum name={t("costs.savings.spent")} value={format.money(total((day) => day.spent))} />
        <Sum name={t("costs.savings.saved")} value={format.money(total(saved))} />
        {PARTS.map((part) => (
          <Sum key={part} name={t(`costs.savings.by.${part}`)} value={format.money(total((day) => day[part]))} fill={FILLS[part]} />
        ))}
      </dl>
      <ul className="mt-5 flex flex-col gap-3">
        {items.map((day) => (
          <li key={day.day}>
            <p className="flex flex-wrap justify-between gap-x-4 text-sm tabular-nums">
              <span>{date.format(new Date(day.day))}</span>
              <span className="text-text-2">
                {t("costs.savings.day", { spent: format.money(day.spent), saved: format.money(saved(day)), count: day.calls })}
              </span>
            </p>
            <div aria-hidden className="mt-1 flex h-2.5 overflow-hidden rounded-full bg-surface-3">
              <span className="bg-text-2" style={{ width: `${(day.spent / most) * 100}%` }} />
              {PARTS.map((part) => (
                <span key={part} className={FILLS[part]} style={{ width: `${(Math.max(0, day[part]) / most) * 100}%` }} />
              ))}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Sum({ name, value, fill }: { name: string; value: string; fill?: string }) {
  return (
    <div>
      <dt className="flex items-center gap-2 text-xs text-text-2">
        {fill && <span aria-hidden className={`size-2.5 shrink-0 rounded-full ${fill}`} />}
        {name}
      </dt>
      <dd className="mt-0.5 text-lg font-semibold tabular-nums">{value}</dd>
    </div>
  );
}
