import { useTranslation } from "react-i18next";
import type { SayForm } from "@/client/types";
import { Menu, MenuContent, MenuLabel, MenuPill, MenuRadioGroup, MenuRadioItem } from "@/ui/Menu";

export type Urgency = NonNullable<SayForm["urgency"]>;

const URGENCIES: Urgency[] = ["steer", "queue", "interrupt"];

/** When an agent at work hears what is being written to it. */
export function UrgencyPicker({ urgency, onChange }: { urgency: Urgency; onChange(urgency: Urgency): void }) {
  const { t } = useTranslation();
  const name = t(`urgency.${urgency}.name`);
  return (
    <Menu>
      <MenuPill label={t("urgency.label", { name })} name={name} className="ml-auto" />
      <MenuContent side="top" align="end" className="w-72 max-w-[calc(100vw-1.5rem)]">
        <MenuLabel>{t("urgency.title")}</MenuLabel>
        <MenuRadioGroup value={urgency} onValueChange={(chosen) => onChange(chosen as Urgency)}>
          {URGENCIES.map((each) => (
            <MenuRadioItem key={each} value={each} detail={t(`urgency.${each}.detail`)}>
              {t(`urgency.${each}.name`)}
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}
