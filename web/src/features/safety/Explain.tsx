import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { explain, useTools } from "@/client/guard";
import type { ExplainForm, Origin, Verdict } from "@/client/types";
import { Button } from "@/ui/Button";
import { Disclosure } from "@/ui/Disclosure";
import { AreaField, SelectField } from "@/ui/Field";
import { useReason } from "@/ui/reason";
import { useCovers } from "@/ui/useCovers";
import { Section } from "@/ui/Settings";
import { NotChanged } from "@/ui/Change";

const READ: Origin[] = ["user", "web", "file", "memory", "skill"];
const COLOURS = { allow: "text-success", ask: "text-warning", deny: "text-error" } as const;

/** What the policy would say of a call. Nothing is done. */
export function Explain() {
  const { t } = useTranslation();
  const tools = useTools().data?.items ?? [];
  const ask = useChange((api, form: ExplainForm) => explain(api, form), []);
  const [wrong, setWrong] = useState<Error | null>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const read = String(said.get("read")) as Origin;
    try {
      const values = JSON.parse(String(said.get("arguments"))) as Record<string, unknown>;
      setWrong(null);
      ask.mutate({ tool: String(said.get("tool")), arguments: values, origins: read === "user" ? ["user"] : ["user", read] });
    } catch {
      ask.reset();
      setWrong(new Error(t("safety.explain.notRead")));
    }
  };
  return (
    <Section id="explain" title={t("safety.explain.title")} text={t("safety.explain.text")}>
      <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="explain">
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField key={tools.length} name="tool" label={t("safety.explain.tool")} defaultValue="execute_command">
            {tools.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </SelectField>
          <SelectField name="read" label={t("safety.explain.read")}>
            {READ.map((origin) => (
              <option key={origin} value={origin}>
                {t(`tool.origins.${origin}`)}
              </option>
            ))}
          </SelectField>
        </div>
        <AreaField name="arguments" label={t("safety.explain.arguments")} defaultValue={'{"command": "rm -rf build"}'} rows={2} />
        <div>
          <Button type="submit" disabled={ask.isPending || tools.length === 0}>
            {t("safety.explain.submit")}
          </Button>
        </div>
        <NotChanged error={wrong ?? ask.error} />
        <div role="status" className="empty:hidden">
          {ask.data && <Decided verdict={ask.data} />}
        </div>
      </form>
    </Section>
  );
}

function Decided({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation();
  const covers = useCovers();
  const { reason, alternative } = useReason(verdict);
  return (
    <div className="rounded-xl border border-line bg-surface-1 px-4 py-3 text-sm leading-relaxed" data-slot="verdict">
      <p className={`font-medium ${COLOURS[verdict.verdict]}`}>
        {t(`safety.explain.verdicts.${verdict.verdict}`)} · {verdict.rule}
      </p>
      <p className="mt-1 wrap-anywhere">{reason}</p>
      {alternative && <p className="mt-1 wrap-anywhere text-text-2">{t("safety.explain.alternative", { text: alternative })}</p>}
      {verdict.shape && <p className="mt-1 wrap-anywhere text-text-2">{t("safety.explain.covers", { shape: covers(verdict.shape) })}</p>}
      {verdict.note && (
        <p lang="en" className="mt-1 wrap-anywhere text-warning">
          {verdict.note}
        </p>
      )}
      {verdict.opinions.length > 1 && (
        <Disclosure quiet summary={t("safety.explain.opinions", { count: verdict.opinions.length })}>
          <ul className="mt-2">
            {verdict.opinions.map((opinion, index) => (
              <li key={index} className="mt-1 wrap-anywhere text-text-2">
                <span className={COLOURS[opinion.verdict]}>{t(`safety.explain.verdicts.${opinion.verdict}`)}</span> · {opinion.rule}{" "}
                · <span lang="en">{opinion.reason}</span>
              </li>
            ))}
          </ul>
        </Disclosure>
      )}
    </div>
  );
}
