import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { SayForm } from "@/client/types";
import { Menu, MenuContent, MenuLabel, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "@/ui/Menu";

export type Urgency = NonNullable<SayForm["urgency"]>;

const URGENCIES: Urgency[] = ["steer", "queue", "interrupt"];

/** When an agent at work hears what is being written to it. */
export function UrgencyPicker({ urgency, onChange }: { urgency: Urgency; onChange(urgency: Urgency): void }) {
  const { t } = useTranslation();
  const name = t(`urgency.${urgency}.name`);
  return (
    <Menu>
      <MenuTrigger
        aria-label={t("urgency.label", { name })}
        className="ml-auto flex min-h-11 min-w-0 items-center gap-1.5 rounded-full px-3 text-sm text-text-2 transition-colors duration-150 hover:bg-surface-3 hover:text-text-1 data-[state=open]:bg-surface-3"
      >
        <span className="truncate">{name}</span>
        <ChevronDown aria-hidden className="size-4 shrink-0" />
      </MenuTrigger>
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
