import { Calculator, Cpu, FilePen, Folder, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useModels } from "@/client/queries";
import { Brand } from "@/ui/Brand";
import { usePreferences } from "@/ui/preferences";

const EXAMPLES: [keyof typeof ICONS, LucideIcon][] = [];
const ICONS = { first: Calculator, second: FilePen, third: Folder, fourth: Cpu } as const;
for (const [name, Icon] of Object.entries(ICONS)) EXAMPLES.push([name as keyof typeof ICONS, Icon]);

/** Before the first message: what answers here, honestly, and four goals it can reach. */
export function Welcome({ onGoal }: { onGoal: (goal: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
      <div className="m-auto flex w-full max-w-3xl flex-col gap-8 px-4 py-10 sm:px-6">
        <div className="flex flex-col items-center gap-4 text-center">
          <Brand className="size-12" />
          <h2 className="text-3xl font-semibold tracking-tight text-balance">{t("welcome.title")}</h2>
          <Honesty />
        </div>
        <section>
          <h3 className="mb-2 px-1 text-sm font-medium text-text-2">{t("welcome.try")}</h3>
          <ul className="grid gap-2 sm:grid-cols-2">
            {EXAMPLES.map(([name, Icon]) => (
              <li key={name}>
                <button
                  type="button"
                  onClick={() => onGoal(t(`welcome.examples.${name}.goal`))}
                  className="flex size-full min-h-11 gap-3 rounded-2xl border border-line bg-surface-2 p-4 text-left transition-colors duration-150 hover:border-control hover:bg-surface-3"
                >
                  <Icon aria-hidden className="mt-0.5 size-5 shrink-0 text-primary" />
                  <span className="min-w-0 text-sm leading-relaxed">
                    <span className="block font-medium">{t(`welcome.examples.${name}.title`)}</span>
                    <span className="block text-text-2">{t(`welcome.examples.${name}.goal`)}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </div>
  );
}

function Honesty() {
  const { t } = useTranslation();
  const models = useModels();
  const { model } = usePreferences();
  const answers = model === "auto" ? models.data?.auto?.model : model;
  const found = models.data?.items.find((item) => answers && sameModel(item, answers));
  const text = !models.data
    ? "\u00a0"
    : !answers
      ? t("model.none")
      : found?.simulated
        ? t("welcome.simulated")
        : t("welcome.ready", { model: answers });
  // Each text it may become holds its room, so that nothing moves when it is known.
  return (
    <div className="grid max-w-xl leading-relaxed text-pretty text-text-2 *:col-start-1 *:row-start-1">
      {[t("model.none"), t("welcome.simulated"), t("welcome.ready", { model: "provider/model" })].map((room) => (
        <span key={room} aria-hidden data-room={room} className="invisible before:content-[attr(data-room)]" />
      ))}
      <p>{text}</p>
    </div>
  );
}

function sameModel(item: { name: string; provider: string }, name: string): boolean {
  return item.name === name || `${item.provider}/${item.name}` === name || item.provider === name;
}
