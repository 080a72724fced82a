import { useTranslation } from "react-i18next";
import { useSession } from "@/client/client";
import { useSchedules } from "@/client/schedules";
import type { Schedule } from "@/client/types";
import { Disclosure } from "@/ui/Disclosure";
import { Loaded, Section, SettingsPage } from "@/ui/Settings";
import { Add } from "./Add";
import { Row } from "./Row";
import "./words";

/** What is to happen later: set, seen, paused, had now, deleted. */
export function SchedulesPage() {
  const { t } = useTranslation();
  const session = useSession();
  const asked = useSchedules();
  const acts = session.status === "in" && session.user.scopes.includes("execute");
  return (
    <SettingsPage title={t("schedules.title")} admin={acts}>
      <Section title={t("schedules.list.title")} text={t("schedules.list.text")}>
        <Loaded asked={asked}>{({ items }) => <Rows items={items} acts={acts} />}</Loaded>
      </Section>
      {acts && (
        <Section title={t("schedules.add.title")} text={t("schedules.add.text")}>
          <Add />
        </Section>
      )}
    </SettingsPage>
  );
}

function Rows({ items, acts }: { items: Schedule[]; acts: boolean }) {
  const { t } = useTranslation();
  const soonest = (one: Schedule) => (one.next ? Date.parse(one.next) : Infinity);
  const coming = items.filter((one) => !one.ended).sort((one, other) => soonest(one) - soonest(other));
  const over = items.filter((one) => one.ended).reverse();
  return (
    <>
      <ul className="flex flex-col gap-3">
        {coming.map((one) => (
          <Row key={one.id} of={one} acts={acts} />
        ))}
        {coming.length === 0 && <li className="text-sm text-text-2">{t("schedules.list.none")}</li>}
      </ul>
      {over.length > 0 && (
        <div className="rounded-2xl border border-line">
          <Disclosure summary={<span>{t("schedules.list.over", { count: over.length })}</span>}>
            <ul className="flex flex-col gap-3 p-3">
              {over.map((one) => (
                <Row key={one.id} of={one} acts={false} />
              ))}
            </ul>
          </Disclosure>
        </div>
      )}
    </>
  );
}
