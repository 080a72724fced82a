import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { guardKeys, keepSecret, removeSecret, useSecrets } from "@/client/guard";
import { Button } from "@/ui/Button";
import { TextField } from "@/ui/Field";
import { Loaded, Section } from "@/ui/Settings";
import { NotChanged, Remove } from "@/ui/Change";

const listed = (said: FormDataEntryValue | null) => String(said ?? "").split(/[\s,;]+/).filter(Boolean);

/** Secrets by name, and where each may go. A value goes in, and never comes out. */
export function Secrets() {
  const { t } = useTranslation();
  const asked = useSecrets();
  return (
    <Section id="secrets" title={t("safety.secrets.title")} text={t("safety.secrets.text")}>
      <Loaded asked={asked}>
        {({ items }) => (
          <ul className="flex flex-col gap-3">
            {items.map((secret) => (
              <li
                key={secret.name}
                className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-2xl border border-line bg-surface-2 p-4"
                data-slot="secret"
              >
                <div className="min-w-0 flex-1 basis-56">
                  <h3 className="font-mono text-sm font-medium wrap-anywhere">{secret.name}</h3>
                  <p className="mt-0.5 text-sm wrap-anywhere text-text-2">
                    {t("safety.secrets.goes", { places: [...secret.hosts, ...secret.tools].join(", ") })}
                  </p>
                </div>
                <Remove
                  id={secret.name}
                  name={secret.name}
                  word={t("settings.remove")}
                  title={t("safety.secrets.removeTitle", { name: secret.name })}
                  text={t("safety.secrets.removeText")}
                  stale={[guardKeys.secrets]}
                  remove={removeSecret}
                />
              </li>
            ))}
            {items.length === 0 && <li className="text-sm text-text-2">{t("safety.secrets.none")}</li>}
          </ul>
        )}
      </Loaded>
      <Keep />
    </Section>
  );
}

function Keep() {
  const { t } = useTranslation();
  const keep = useChange(keepSecret, [guardKeys.secrets]);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    const name = String(said.get("name"));
    const hosts = listed(said.get("hosts"));
    const tools = listed(said.get("tools"));
    keep.mutate({ name, value: String(said.get("value")), hosts, tools }, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="keep-secret">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField name="name" label={t("safety.secrets.name")} pattern="[A-Za-z][A-Za-z0-9_.\-]{0,63}" required />
        <TextField
          name="value"
          type="password"
          autoComplete="off"
          minLength={6}
          label={t("safety.secrets.value")}
          hint={t("safety.secrets.valueHint")}
          required
        />
        <TextField name="hosts" label={t("safety.secrets.hosts")} placeholder="api.example.com" />
        <TextField name="tools" label={t("safety.secrets.tools")} placeholder="http_request" />
      </div>
      <div>
        <Button type="submit" disabled={keep.isPending}>
          {t("safety.secrets.keep")}
        </Button>
      </div>
      <NotChanged error={keep.error} />
    </form>
  );
}
