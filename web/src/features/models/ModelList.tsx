import { useTranslation } from "react-i18next";
import { useModelList } from "@/client/money";
import type { ModelDetail } from "@/client/types";
import { useFormat } from "@/ui/format";
import { Loaded, Section } from "@/ui/Settings";

export function ModelList() {
  const { t } = useTranslation();
  const asked = useModelList();
  return (
    <Section title={t("costs.models.title")} text={t("costs.models.text")}>
      <Loaded asked={asked}>
        {({ items }) => (
          <ul className="divide-y divide-line rounded-2xl border border-line bg-surface-2">
            {items.map((model) => (
              <Model key={model.model} model={model} />
            ))}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}

function Model({ model }: { model: ModelDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { price, speed } = model;
  const facts = [
    price
      ? t("costs.models.price", { input: format.money(price.input), output: format.money(price.output) })
      : t(model.simulated ? "costs.models.local" : "costs.models.noPrice"),
    model.context && t("costs.models.context", { size: format.number(model.context), count: model.context }),
    model.quality !== null && t("costs.models.quality", { value: format.percent(model.quality * 100) }),
    speed && t("costs.models.speed", { first: format.duration(speed.first_seconds), rate: format.number(Math.round(speed.tokens_per_second)) }),
    model.simulated && t("model.simulated"),
  ].filter(Boolean);
  return (
    <li className="px-4 py-3">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 font-medium break-words">{model.model}</span>
        {model.auto && <span className="rounded-full border border-control px-2.5 py-0.5 text-xs">{t("costs.models.auto")}</span>}
      </p>
      <p className="mt-0.5 text-sm text-text-2 tabular-nums">{facts.join(" · ")}</p>
    </li>
  );
}
