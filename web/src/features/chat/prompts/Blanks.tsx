import { type FormEvent, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { NotChanged } from "@/ui/Change";
import { TextField } from "@/ui/Field";
import { Spinner } from "@/ui/Spinner";
import { visible } from "@/ui/visible";
import type { Offered } from "./offered";

interface Props {
  offered: Offered;
  reading: boolean;
  error: Error | null;
  onFill(given: Record<string, string>): void;
  onCancel(): void;
}

/** What a prompt wants to know before it says anything. */
export function Blanks({ offered: { called, prompt }, reading, error, onFill, onCancel }: Props) {
  const { t } = useTranslation();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = [...new FormData(event.currentTarget)].filter(([, value]) => value !== "");
    onFill(Object.fromEntries(said.map(([name, value]) => [name, String(value)])));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    onCancel();
  };
  return (
    <form
      onSubmit={submit}
      onKeyDown={onKeyDown}
      aria-label={called}
      data-slot="prompt"
      className="flex max-h-[60dvh] flex-col gap-3 overflow-y-auto p-4"
    >
      <p className="text-sm wrap-anywhere">
        <span className="font-mono">{visible(called)}</span>
        <span className="text-text-2"> {visible(prompt.description)}</span>
      </p>
      {prompt.blanks.map((blank, index) => (
        <TextField
          key={blank.name}
          name={blank.name}
          label={visible(blank.name) + (blank.required ? ` (${t("prompts.required")})` : "")}
          hint={visible(blank.description) || undefined}
          required={blank.required}
          maxLength={4000}
          autoFocus={index === 0}
        />
      ))}
      <NotChanged error={error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={reading} autoFocus={prompt.blanks.length === 0}>
          {reading && <Spinner />}
          {t("prompts.use")}
        </Button>
        <Button look="quiet" onClick={onCancel}>
          {t("prompts.cancel")}
        </Button>
      </div>
    </form>
  );
}
