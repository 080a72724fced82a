import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { useSession } from "@/client/client";
import { guardKeys, makeKey, revokeKey, useKeys } from "@/client/guard";
import type { Key, KeyForm } from "@/client/types";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/CopyButton";
import { CheckField, SelectField, TextField } from "@/ui/Field";
import { Loaded, Section } from "@/ui/Settings";
import { NotChanged, Remove } from "@/ui/Change";

const SCOPES = ["read", "write", "execute", "admin"] as const;
const REACHES = ["models", "agents", "api"] as const;

/** Keys with which programs speak to this server. */
export function Keys() {
  const { t } = useTranslation();
  const asked = useKeys();
  return (
    <Section id="keys" title={t("safety.keys.title")} text={t("safety.keys.text")}>
      <Loaded asked={asked}>
        {({ items }) => (
          <ul className="flex flex-col gap-3">
            {items.map((key) => (
              <Row key={key.id} of={key} />
            ))}
            {items.length === 0 && <li className="text-sm text-text-2">{t("safety.keys.none")}</li>}
          </ul>
        )}
      </Loaded>
      <Make />
    </Section>
  );
}

function Row({ of: key }: { of: Key }) {
  const { t, i18n } = useTranslation();
  const day = (moment: string) => new Date(moment).toLocaleDateString(i18n.language);
  const facts = [
    key.username,
    t(`safety.keys.reaches.${key.reach}`),
    key.scopes.map((scope) => t(`safety.scopes.${scope}`)).join(", "),
    key.last_used ? t("safety.keys.used", { day: day(key.last_used) }) : t("safety.keys.unused"),
    key.expires_at && t("safety.keys.until", { day: day(key.expires_at) }),
  ];
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-2xl border border-line bg-surface-2 p-4" data-slot="key">
      <div className="min-w-0 flex-1 basis-56">
        <h3 className="font-medium wrap-anywhere">
          {key.name} <span className="font-mono text-xs font-normal text-text-2">…{key.ending}</span>
        </h3>
        <p className="mt-0.5 text-sm wrap-anywhere text-text-2">{facts.filter(Boolean).join(" · ")}</p>
      </div>
      {key.revoked_at ? (
        <p className="text-sm text-text-2">{t("safety.keys.revoked", { day: day(key.revoked_at) })}</p>
      ) : (
        <Remove
          id={key.id}
          name={key.name}
          word={t("safety.keys.revoke")}
          title={t("safety.keys.revokeTitle", { name: key.name })}
          text={t("safety.keys.revokeText")}
          stale={[guardKeys.keys]}
          remove={revokeKey}
        />
      )}
    </li>
  );
}

function Make() {
  const { t } = useTranslation();
  const session = useSession();
  const make = useChange((api, form: KeyForm) => makeKey(api, form), [guardKeys.keys]);
  const mine = session.status === "in" ? SCOPES.filter((scope) => session.user.scopes.includes(scope)) : [];
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    const days = Number(said.get("days"));
    const scopes = mine.filter((scope) => said.has(scope));
    const reach = String(said.get("reach")) as (typeof REACHES)[number];
    const asked = { name: String(said.get("name")).trim(), reach, ...(days > 0 && { days }), ...(scopes.length > 0 && { scopes }) };
    make.mutate(asked, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="make-key">
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField name="name" label={t("safety.keys.name")} maxLength={100} required />
        <SelectField name="reach" label={t("safety.keys.reach")}>
          {REACHES.map((reach) => (
            <option key={reach} value={reach}>
              {t(`safety.keys.reaches.${reach}`)}
            </option>
          ))}
        </SelectField>
        <TextField name="days" type="number" min={1} max={36500} label={t("safety.keys.days")} hint={t("safety.keys.daysHint")} />
      </div>
      <fieldset>
        <legend className="text-sm font-medium">{t("safety.keys.scopes")}</legend>
        <div className="mt-1 flex flex-wrap gap-x-4">
          {mine.map((scope) => (
            <CheckField
              key={scope}
              name={scope}
              label={t(`safety.scopes.${scope}`)}
              defaultChecked={scope === "read" || scope === "execute"}
            />
          ))}
        </div>
      </fieldset>
      <div>
        <Button type="submit" disabled={make.isPending}>
          {t("safety.keys.make")}
        </Button>
      </div>
      <NotChanged error={make.error} />
      <div role="status" className="empty:hidden">
        {make.data && (
          <div className="rounded-xl border border-success bg-surface-1 px-4 py-3 text-sm" data-slot="new-key">
            <p>{t("safety.keys.made")}</p>
            <div className="mt-1 flex items-center gap-2">
              <code className="min-w-0 flex-1 font-mono wrap-anywhere">{make.data.key}</code>
              <CopyButton text={make.data.key} copy={t("safety.keys.copy")} copied={t("code.copied")} />
            </div>
          </div>
        )}
      </div>
    </form>
  );
}
