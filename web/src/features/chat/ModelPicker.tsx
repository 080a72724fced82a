import { useTranslation } from "react-i18next";
import { useModels } from "@/client/queries";
import type { ModelInfo } from "@/client/types";
import { Menu, MenuContent, MenuLabel, MenuPill, MenuRadioGroup, MenuRadioItem, MenuSeparator } from "@/ui/Menu";
import { usePreferences } from "@/ui/preferences";

/** Which model answers: the best that answers now, or one by name. */
export function ModelPicker() {
  const { t } = useTranslation();
  const { model, setModel } = usePreferences();
  const { data, isError } = useModels();
  const name = model === "auto" ? t("model.auto") : (model.split("/").slice(1).join("/") || model);
  return (
    <Menu>
      <MenuPill label={t("model.label", { name })} name={name} />
      <MenuContent side="top" align="start" className="w-80 max-w-[calc(100vw-1.5rem)]">
        {isError && <MenuLabel>{t("model.failed")}</MenuLabel>}
        <MenuRadioGroup value={model} onValueChange={setModel}>
          <MenuRadioItem
            value="auto"
            detail={data && (data.auto ? `${data.auto.model}: ${t("answer.reason", { text: data.auto.reason })}` : t("model.none"))}
          >
            {t("model.auto")}
          </MenuRadioItem>
          {byProvider(data?.items ?? []).map(([provider, models]) => (
            <div key={provider}>
              <MenuSeparator />
              <MenuLabel>
                {provider}
                {data?.health[provider]?.ok === false && ` · ${t("model.down")}`}
              </MenuLabel>
              {models.map((item) => (
                <MenuRadioItem
                  key={item.name}
                  value={`${item.provider}/${item.name}`}
                  detail={item.simulated ? t("model.simulated") : item.description}
                >
                  {item.name}
                </MenuRadioItem>
              ))}
            </div>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}

function byProvider(items: ModelInfo[]): [string, ModelInfo[]][] {
  const groups = new Map<string, ModelInfo[]>();
  for (const item of items) groups.set(item.provider, [...(groups.get(item.provider) ?? []), item]);
  return [...groups];
}
