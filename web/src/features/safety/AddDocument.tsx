import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { addDocument, DOCUMENTS_STALE, lookAtDocument, useDocuments, useSecrets } from "@/client/guard";
import type { ApiLooked, ApiShown, KeptSecret } from "@/client/types";
import { Button } from "@/ui/Button";
import { NotChanged } from "@/ui/Change";
import { AreaField, SelectField, TextField } from "@/ui/Field";
import { Spinner } from "@/ui/Spinner";
import { visible } from "@/ui/visible";
import { Choose, Chosen } from "./Choose";
import { Operations } from "./Documents";

/** A document by its address, its text or its file: first looked at, then added as it was looked at. */
export function AddDocument() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [file, setFile] = useState<{ name: string; text: string } | null>(null);
  const look = useChange(lookAtDocument, []);
  const close = () => {
    setOpen(false);
    setFile(null);
    look.reset();
  };
  if (!open) {
    return (
      <div>
        <Button onClick={() => setOpen(true)}>{t("safety.documents.add")}</Button>
      </div>
    );
  }
  if (look.data) return <Looked looked={look.data} onBack={look.reset} onClose={close} />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const text = file?.text ?? String(said.get("document"));
    const far = /^https?:\/\/\S+$/.test(text.trim());
    const server = String(said.get("server")).trim();
    look.mutate({ name: String(said.get("name")), ...(far ? { url: text.trim() } : { document: text }), ...(server && { server }) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="add-document">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField name="name" label={t("safety.servers.name")} pattern="[a-z][a-z0-9\-]{0,31}" hint={t("safety.documents.nameHint")} required />
        <TextField name="server" type="url" label={t("safety.documents.server")} hint={t("safety.documents.serverHint")} />
      </div>
      {file ? (
        <Chosen name={file.name} onDrop={() => setFile(null)} />
      ) : (
        <AreaField name="document" label={t("safety.documents.document")} rows={4} required />
      )}
      <div className="flex flex-wrap gap-2">
        <Choose
          word={t("safety.documents.file")}
          accept=".json,.yaml,.yml,application/json,application/yaml"
          onChosen={([one]) => void one?.text().then((text) => setFile({ name: one.name, text }))}
        />
      </div>
      <NotChanged error={look.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={look.isPending}>
          {look.isPending && <Spinner />}
          {t("safety.look")}
        </Button>
        <Button look="quiet" onClick={close}>
          {t("settings.cancel")}
        </Button>
      </div>
    </form>
  );
}

/** What it gives, and which secrets say who asks. */
function Looked({ looked, onBack, onClose }: { looked: ApiLooked; onBack(): void; onClose(): void }) {
  const { t } = useTranslation();
  const secrets = useSecrets().data?.items ?? [];
  const before = useDocuments().data?.items.find(({ name }) => name === looked.name);
  const add = useChange(addDocument, DOCUMENTS_STALE);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const chosen = looked.schemes.map((scheme, index) => [scheme, String(said.get(`scheme-${index}`) ?? "")] as const);
    const { name, document, server } = looked;
    const secrets = Object.fromEntries(chosen.filter(([, secret]) => secret));
    add.mutate({ name, document, server, secrets, replace: !!before }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="looked-document">
      <div role="status">
        <h3 className="font-medium wrap-anywhere">
          {looked.name} {looked.title && <span className="font-normal text-text-2">· {visible(looked.title)}</span>}
        </h3>
        <p className="mt-0.5 text-sm wrap-anywhere text-text-2">{t("safety.documents.calledAt", { server: visible(looked.server) })}</p>
      </div>
      <div
        tabIndex={0}
        role="group"
        aria-label={t("safety.documents.operations")}
        className="max-h-96 overflow-y-auto rounded-xl border border-line bg-surface-1 px-4 py-2"
      >
        <Operations document={{ ...looked, schemes: [] }} />
      </div>
      {before && <Replaced before={before} looked={looked} />}
      {looked.schemes.length > 0 && (
        <fieldset className="flex flex-col gap-3">
          <legend className="text-sm font-medium">{t("safety.documents.who")}</legend>
          <p className="mt-1 text-xs text-text-2">{t("safety.documents.whoHint")}</p>
          <div className="grid gap-4 sm:grid-cols-2">
            {looked.schemes.map((scheme, index) => (
              <SelectField key={scheme} name={`scheme-${index}`} label={visible(scheme)} defaultValue={before?.secrets[scheme] ?? ""}>
                <option value="">{t("safety.documents.nobody")}</option>
                {secrets.map((secret) => (
                  <option key={secret.name} value={secret.name}>
                    {spelled(secret)}
                  </option>
                ))}
              </SelectField>
            ))}
          </div>
        </fieldset>
      )}
      <NotChanged error={add.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={add.isPending}>
          {add.isPending && <Spinner />}
          {t("safety.documents.offer", { count: looked.tools.length })}
        </Button>
        <Button look="quiet" onClick={onBack}>
          {t("safety.back")}
        </Button>
      </div>
    </form>
  );
}

/** What another version of a document would bring, and take away. */
function Replaced({ before, looked }: { before: ApiShown; looked: ApiLooked }) {
  const { t } = useTranslation();
  const only = (one: ApiShown, other: ApiShown) => one.tools.filter(({ tool }) => !other.tools.some((known) => known.tool === tool)).map(({ tool }) => tool);
  const [fresh, gone] = [only(looked, before), only(before, looked)];
  return (
    <div className="text-sm wrap-anywhere text-warning" data-slot="replaced">
      <p>{t("safety.replaces", { digest: before.digest })}</p>
      {before.server !== looked.server && <p>{t("safety.documents.moved", { before: visible(before.server), server: visible(looked.server) })}</p>}
      {fresh.length > 0 && <p>{t("safety.documents.fresh", { tools: fresh.join(", ") })}</p>}
      {gone.length > 0 && <p>{t("safety.documents.gone", { tools: gone.join(", ") })}</p>}
    </div>
  );
}

/** A secret with the hosts it may go to: one that may not go to this server is of no use here. */
const spelled = ({ name, hosts }: KeptSecret) => (hosts.length > 0 ? `${name} (${hosts.join(", ")})` : name);
