import { CircleAlert, CircleCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { problemFrom } from "@/client/http";
import { useChange } from "@/client/change";
import { MODELS_STALE, moneyKeys, useModelList } from "@/client/money";
import type { ProviderState, Tested } from "@/client/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { useFormat } from "@/ui/format";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Spinner } from "@/ui/Spinner";
import { Connect } from "./Connect";
import { Loaded, Section } from "@/ui/Settings";

export function Providers({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = useModelList();
  const [fresh, setFresh] = useState("");
  return (
    <Section title={t("costs.providers.title")} text={t("costs.providers.text")}>
      <Loaded asked={asked}>
        {({ providers }) => (
          <ul className="flex flex-col gap-3">
            {providers.map((provider) => (
              <Provider key={provider.name} provider={provider} admin={admin} tried={provider.name === fresh} />
            ))}
            {providers.length === 0 && <li className="text-sm text-text-2">{t("costs.providers.none")}</li>}
          </ul>
        )}
      </Loaded>
      {admin && <Connect onConnected={setFresh} />}
    </Section>
  );
}

/** What is wrong, by its code; the server's words beside it where they are not the page's. */
function Ill({ provider: { code, detail } }: { provider: ProviderState }) {
  const { t, i18n } = useTranslation();
  const key = `problems.${code}.title`;
  if (i18n.language === "en" || !code || !i18n.exists(key)) return detail || t("costs.providers.down");
  const said = (t as (key: string) => string)(key);
  return (
    <>
      {said.charAt(0).toUpperCase() + said.slice(1)} · <span lang="en">{detail}</span>
    </>
  );
}

function Provider({ provider, admin, tried }: { provider: ProviderState; admin: boolean; tried: boolean }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  const test = useChange((api, model: string) => api.testModel(model), [...MODELS_STALE, moneyKeys.budgets, moneyKeys.savings]);
  const remove = useChange((api, name: string) => api.disconnect(name), MODELS_STALE);
  const Icon = provider.ok ? CircleCheck : CircleAlert;
  return (
    <li className="rounded-2xl border border-line bg-surface-2 p-4" data-slot="provider">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-56">
          <h3 className="flex items-center gap-2 font-medium">
            <Icon aria-hidden className={provider.ok ? "size-5 shrink-0 text-success" : "size-5 shrink-0 text-warning"} />
            <span className="min-w-0 break-words">{provider.name}</span>
          </h3>
          <p className="mt-0.5 text-sm break-words text-text-2">
            {[provider.kind, provider.base_url, provider.key ? t("costs.providers.keySet") : ""].filter(Boolean).join(" · ")}
          </p>
          <p className="mt-0.5 text-sm break-words text-text-2">
            {provider.ok ? t("costs.providers.answers") : <Ill provider={provider} />}
          </p>
        </div>
        <Button onClick={() => test.mutate(provider.name)} disabled={test.isPending} look={tried ? "primary" : "outline"}>
          {test.isPending && <Spinner />}
          {t("costs.providers.test")}
        </Button>
        {admin && provider.added && (
          <Button look="quiet" onClick={() => setRemoving(true)}>
            {t("settings.remove")}
          </Button>
        )}
      </div>
      <div role="status" className="empty:hidden">
        {test.data && <Result tested={test.data} />}
      </div>
      {[test.error, remove.error].map(
        (error, index) =>
          error && (
            <div key={index} className="mt-3">
              <ProblemNotice
                title={t(index ? "costs.providers.notRemoved" : "costs.providers.notTested")}
                problem={problemFrom(error)}
                alert
              />
            </div>
          ),
      )}
      <Confirm
        open={removing}
        title={t("costs.providers.removeTitle", { name: provider.name })}
        text={t("costs.providers.removeText")}
        yes={t("settings.remove")}
        no={t("settings.cancel")}
        onYes={() => remove.mutate(provider.name)}
        onClose={() => setRemoving(false)}
      />
    </li>
  );
}

function Result({ tested }: { tested: Tested }) {
  const { t } = useTranslation();
  const format = useFormat();
  const cost = tested.cost > 0 ? format.money(tested.cost) : t("answer.free");
  return (
    <div className="mt-3 animate-fade rounded-xl border border-l-4 border-line border-l-success px-4 py-3 text-sm">
      <p>{t("costs.providers.tested", { model: tested.model, time: format.duration(tested.seconds), cost })}</p>
      <blockquote className="mt-1 break-words text-text-2">{tested.text}</blockquote>
      {tested.notes.map((note) => (
        <p key={note} className="mt-1 break-words text-warning">
          {note}
        </p>
      ))}
    </div>
  );
}
