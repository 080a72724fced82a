import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemFrom } from "@/client/http";
import { useChange } from "@/client/change";
import { MODELS_STALE } from "@/client/money";
import type { ProviderForm } from "@/client/types";
import { Button } from "@/ui/Button";
import { SelectField, TextField } from "@/ui/Field";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Spinner } from "@/ui/Spinner";

interface Way {
  kind: ProviderForm["kind"];
  label: string;
  name: string;
  address: string; // where it usually is
  own: boolean; // the address is one's own to say
}

const WAYS: Record<string, Way> = {
  anthropic: { kind: "anthropic", label: "Anthropic", name: "anthropic", address: "https://api.anthropic.com", own: false },
  openai: { kind: "responses", label: "OpenAI", name: "openai", address: "https://api.openai.com/v1", own: false },
  gemini: {
    kind: "gemini",
    label: "Gemini",
    name: "gemini",
    address: "https://generativelanguage.googleapis.com",
    own: false,
  },
  deepseek: { kind: "deepseek", label: "DeepSeek", name: "deepseek", address: "https://api.deepseek.com", own: false },
  huggingface: {
    kind: "huggingface",
    label: "Hugging Face",
    name: "huggingface",
    address: "https://router.huggingface.co",
    own: false,
  },
  ollama: { kind: "ollama", label: "Ollama", name: "ollama-here", address: "http://127.0.0.1:11434", own: true },
  other: { kind: "openai", label: "", name: "lab", address: "http://127.0.0.1:8080/v1", own: true },
};

/** Connects a provider: a vendor by its key, anything else by its address. */
export function Connect({ onConnected }: { onConnected(name: string): void }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState("anthropic");
  const connect = useChange((api, form: ProviderForm) => api.connect(form), MODELS_STALE);
  const way = WAYS[chosen]!;

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const text = (name: string) => String(said.get(name) ?? "").trim();
    const base_url = text("address") || way.address;
    const form = { name: text("name"), kind: way.kind, base_url, api_key: text("key"), model: text("model") };
    connect.mutate(form, {
      onSuccess: () => {
        onConnected(form.name);
        setOpen(false);
      },
    });
  };

  if (!open) {
    return (
      <div>
        <Button look="primary" onClick={() => setOpen(true)}>
          {t("costs.connect.open")}
        </Button>
      </div>
    );
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="connect">
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField label={t("costs.connect.kind")} value={chosen} onChange={(event) => setChosen(event.target.value)}>
          {Object.entries(WAYS).map(([key, { label }]) => (
            <option key={key} value={key}>
              {label || t("costs.connect.other")}
            </option>
          ))}
        </SelectField>
        <TextField
          key={`name ${chosen}`}
          name="name"
          label={t("costs.connect.name")}
          defaultValue={way.name}
          pattern="[a-z0-9][a-z0-9_\-]{0,39}"
          title={t("costs.connect.nameRule")}
          required
        />
        {way.own && (
          <TextField
            key={`address ${chosen}`}
            name="address"
            type="url"
            label={t("costs.connect.address")}
            defaultValue={way.address}
            required
          />
        )}
        <TextField
          name="key"
          type="password"
          autoComplete="off"
          label={t(way.own ? "costs.connect.keyIfAny" : "costs.connect.key")}
          hint={t("costs.connect.keyHint")}
          required={!way.own}
        />
        <TextField name="model" label={t("costs.connect.model")} hint={t("costs.connect.modelHint")} />
      </div>
      {connect.error && <ProblemNotice title={t("costs.connect.failed")} problem={problemFrom(connect.error)} alert />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={connect.isPending}>
          {connect.isPending && <Spinner />}
          {t("costs.connect.submit")}
        </Button>
        <Button look="quiet" onClick={() => setOpen(false)}>
          {t("settings.cancel")}
        </Button>
      </div>
    </form>
  );
}
