import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Question } from "@/client/run";
import type { Origin } from "@/client/types";
import { classes } from "@/ui/classes";

const STRANGERS: ReadonlySet<Origin> = new Set<Origin>(["web", "file", "memory", "skill"]);

/** Whose words a value is. */
export function Sources({ origins }: { origins: Origin[] | undefined }) {
  const { t } = useTranslation();
  if (!origins?.length) return null;
  const strange = origins.some((origin) => STRANGERS.has(origin));
  return (
    <p className={classes("font-sans text-xs leading-5", strange ? "text-warning" : "text-text-2")} data-slot="sources">
      {t("tool.origin", { origin: origins.map((origin) => t(`tool.origins.${origin}`)).join(", ") })}
    </p>
  );
}

/** The links inside longer values: whoever wrote the value, a link is followed. */
export function Links({ question, mark }: { question: Question; mark(text: string): ReactNode }) {
  const { t } = useTranslation();
  const links = Object.entries(question.sources ?? {}).filter(([name]) => !(name in question.arguments));
  if (links.length === 0) return null;
  return (
    <section className="mt-3 text-sm">
      <h4 className="text-text-2">{t("asking.links")}</h4>
      <ul>
        {links.map(([name, origins]) => (
          <li key={name} className="mt-1 wrap-anywhere">
            {mark(name)}
            <Sources origins={origins} />
          </li>
        ))}
      </ul>
    </section>
  );
}
