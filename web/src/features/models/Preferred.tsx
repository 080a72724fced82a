import { X } from "lucide-react";
import { type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { problemFrom } from "@/client/http";
import { useChange } from "@/client/change";
import { moneyKeys, useModelList, usePreferred } from "@/client/money";
import type { Preferences } from "@/client/types";
import { Button, IconButton } from "@/ui/Button";
import { CheckField, SelectField, TextField } from "@/ui/Field";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Loaded, Section } from "@/ui/Settings";

const MODES = ["off", "minimal", "balanced", "aggressive"] as const;

/** Which model an agent gets, how prompts are shortened, whether answers are remembered. */
export function Preferred({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = usePreferred();
  return (
    <Section title={t("costs.prefer.title")} text={t("costs.prefer.text")}>
      <Loaded asked={asked}>{(preferred) => <Form preferred={preferred} admin={admin} />}</Loaded>
    </Section>
  );
}

function Form({ preferred, admin }: { preferred: Preferences; admin: boolean }) {
  const { t } = useTranslation();
  const change = useChange((api, wanted: Preferences) => api.prefer(wanted), [moneyKeys.preferences]);
  const models = useModelList();
  const prefer = (part: Partial<Preferences>) => change.mutate({ ...preferred, ...part });
  const pins = Object.entries(preferred.pins);

  const pin = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const agent = String(said.get("agent")).trim();
    if (agent) prefer({ pins: { ...preferred.pins, [agent]: String(said.get("model")) } });
  };
  const without = (agent: string) => Object.fromEntries(pins.filter(([name]) => name !== agent));

  return (
    <div className="flex flex-col gap-4 rounded-2xl border border-line bg-surface-2 p-4">
      <SelectField
        label={t("costs.prefer.optimise")}
        value={preferred.optimise}
        disabled={!admin || change.isPending}
        className="max-w-md"
        onChange={(event) => prefer({ optimise: event.target.value as Preferences["optimise"] })}
      >
        {MODES.map((mode) => (
          <option key={mode} value={mode}>
            {t(`costs.prefer.modes.${mode}`)}
          </option>
        ))}
      </SelectField>
      <CheckField
        label={t("costs.prefer.cache")}
        checked={preferred.cache}
        disabled={!admin || change.isPending}
        onChange={(event) => prefer({ cache: event.target.checked })}
      />
      <div>
        <h3 className="text-sm font-medium">{t("costs.prefer.pins")}</h3>
        <ul className="mt-1">
          {pins.map(([agent, model]) => (
            <li key={agent} className="flex min-h-11 items-center gap-2 text-sm">
              <span className="min-w-0 flex-1 break-words">{t("costs.prefer.pin", { agent, model })}</span>
              {admin && (
                <IconButton label={t("costs.prefer.unpin", { agent })} onClick={() => prefer({ pins: without(agent) })}>
                  <X aria-hidden className="size-4" />
                </IconButton>
              )}
            </li>
          ))}
          {pins.length === 0 && <li className="text-sm text-text-2">{t("costs.prefer.noPins")}</li>}
        </ul>
        {admin && (
          <form onSubmit={pin} className="mt-3 grid items-end gap-3 sm:grid-cols-[1fr_1fr_auto]">
            <TextField name="agent" label={t("costs.prefer.agent")} defaultValue="assistant" required />
            <SelectField name="model" label={t("answer.model")}>
              {(models.data?.items ?? []).map(({ model }) => (
                <option key={model}>{model}</option>
              ))}
            </SelectField>
            <Button type="submit" disabled={change.isPending}>
              {t("costs.prefer.add")}
            </Button>
          </form>
        )}
      </div>
      {change.error && <ProblemNotice title={t("settings.notChanged")} problem={problemFrom(change.error)} alert />}
    </div>
  );
}
