import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "@/client/client";
import { problemFrom } from "@/client/http";
import type { Question } from "@/client/run";
import type { Problem } from "@/client/types";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { written } from "../Arguments";

/** The call, to be changed before it is allowed: the policy then decides anew. */
export function EditCall({ question, onDone }: { question: Question; onDone(): void }) {
  const { t } = useTranslation();
  const { api, live } = useClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("textarea")?.focus(), []);
  const entries = Object.entries(question.arguments);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (sending) return; // the button stays: with it would go the focus
    const said = new FormData(event.currentTarget);
    const values: Record<string, unknown> = {};
    for (const [name, before] of entries) {
      const text = String(said.get(name)).replaceAll("\r\n", "\n");
      try {
        if (text === written(before).replace(/\r\n?/g, "\n")) values[name] = before; // a form knows one kind of line's end
        else values[name] = typeof before === "string" ? text : JSON.parse(text);
      } catch {
        setProblem({ code: "", detail: t("asking.edit.notRead", { name }) });
        return;
      }
    }
    setProblem(null);
    setSending(true);
    try {
      live.note(await api.edit(question.approval_id, values));
      onDone();
    } catch (error) {
      setProblem(problemFrom(error));
      setSending(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation(); // numbers are written here, and answer nothing
    if (event.key !== "Escape") return;
    event.preventDefault();
    onDone();
  };

  return (
    <form ref={form} onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown} className="flex flex-col gap-3">
      {entries.map(([name, value]) => (
        <label key={name} className="flex min-w-0 flex-col gap-1.5 font-mono text-[0.8125rem]">
          {name}
          <textarea
            name={name}
            defaultValue={written(value)}
            rows={Math.min(12, written(value).split("\n").length)}
            spellCheck={false}
            autoCapitalize="none"
            className="field-sizing-content max-h-80 min-h-11 w-full min-w-0 rounded-xl border border-control bg-surface-1 px-3.5 py-2 leading-6 text-text-1"
          />
        </label>
      ))}
      <p className="text-xs text-text-2">{t("asking.edit.hint")}</p>
      {problem && <ProblemNotice title={t("asking.edit.failed")} problem={problem} alert />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" aria-disabled={sending}>
          {t("asking.edit.save")}
        </Button>
        <Button look="quiet" onClick={onDone}>
          {t("asking.edit.cancel")}
        </Button>
      </div>
    </form>
  );
}
