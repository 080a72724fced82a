import { type FormEvent, type KeyboardEvent, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { AreaField } from "@/ui/Field";

/** A refusal with a word to the agent, which reads it and may do otherwise. */
export function Refusal({ sending, onRefuse, onDone }: { sending: boolean; onRefuse(note: string): void; onDone(): void }) {
  const { t } = useTranslation();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("textarea")?.focus(), []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!sending) onRefuse(String(new FormData(event.currentTarget).get("note")).trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation(); // numbers are written here, and answer nothing
    if (event.key !== "Escape") return;
    event.preventDefault();
    onDone();
  };
  return (
    <form ref={form} onSubmit={submit} onKeyDown={onKeyDown} className="mt-3 flex flex-col gap-3" data-slot="refusal">
      <AreaField name="note" label={t("asking.refusal.label")} rows={2} maxLength={2000} required />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="danger" aria-disabled={sending}>
          {t("asking.buttons.refuse")}
        </Button>
        <Button look="quiet" disabled={sending} onClick={onDone}>
          {t("asking.refusal.cancel")}
        </Button>
      </div>
    </form>
  );
}
