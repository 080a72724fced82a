import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { addSchedule, SCHEDULES_STALE } from "@/client/schedules";
import type { ScheduleForm } from "@/client/types";
import { Button } from "@/ui/Button";
import { NotChanged } from "@/ui/Change";
import { SelectField, TextField } from "@/ui/Field";
import { said } from "./when";

const KINDS = ["task", "reminder"] as const;

/** What, and when in words; the server says what it understood. */
export function Add() {
  const { t, i18n } = useTranslation();
  const add = useChange((api, form: ScheduleForm) => addSchedule(api, form), SCHEDULES_STALE);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const word = (name: string) => String(given.get(name)).trim();
    const kind = KINDS.find((each) => each === word("kind")) ?? "task";
    add.mutate({ text: word("text"), when: word("when"), kind, zone: word("zone") }, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="add-schedule">
      <TextField name="text" label={t("schedules.add.what")} maxLength={4000} autoCapitalize="sentences" spellCheck required />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField name="when" label={t("schedules.add.when")} hint={t("schedules.add.whenHint")} minLength={2} maxLength={200} required />
        <SelectField name="kind" label={t("schedules.add.kind")}>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {t(`schedules.add.kinds.${kind}`)}
            </option>
          ))}
        </SelectField>
        <TextField name="zone" label={t("schedules.add.zone")} hint={t("schedules.add.zoneHint")} maxLength={60} />
      </div>
      <div>
        <Button type="submit" disabled={add.isPending}>
          {t("schedules.add.do")}
        </Button>
      </div>
      <NotChanged error={add.error} />
      <p role="status" className="text-sm text-success empty:hidden">
        {add.data && t("schedules.add.done", { when: said(add.data.timing, t, i18n.language) })}
      </p>
    </form>
  );
}
