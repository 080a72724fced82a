import { Plus, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { addServer, TOOLS_STALE, useSecrets } from "@/client/guard";
import type { ServerForm } from "@/client/types";
import { Button, IconButton } from "@/ui/Button";
import { AreaField, CheckField, SelectField, TextField } from "@/ui/Field";
import { Spinner } from "@/ui/Spinner";
import { NotChanged } from "@/ui/Change";
import { paired, words } from "./place";

/** A server at an address, or a program; what it is given; and where the values are that nobody should read. */
export function AddServer() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [place, setPlace] = useState("");
  const [rows, setRows] = useState<number[]>([]);
  const add = useChange(addServer, TOOLS_STALE);
  const far = /^https?:\/\//.test(place.trim());
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const given = paired(rows, said);
    const where: ServerForm = far ? { url: place.trim(), headers: given } : { command: words(place), environment: given };
    const form: ServerForm & { name: string } = { ...where, name: String(said.get("name")) };
    if (!far) {
      form.network = said.has("network");
      form.workspace = said.has("workspace");
      form.readable = String(said.get("readable") ?? "").split("\n").map((line) => line.trim()).filter(Boolean);
    }
    add.mutate(form, { onSuccess: () => setOpen(false) });
  };
  if (!open) {
    return (
      <div>
        <Button onClick={() => setOpen(true)}>{t("safety.servers.add")}</Button>
      </div>
    );
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="add-server">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField name="name" label={t("safety.servers.name")} pattern="[a-z][a-z0-9\-]{0,31}" required />
        <TextField
          name="place"
          label={t("safety.servers.place")}
          hint={t("safety.servers.placeHint")}
          value={place}
          onChange={(event) => setPlace(event.target.value)}
          required
        />
      </div>
      <fieldset className="flex flex-col gap-3">
        <legend className="text-sm font-medium">{t(far ? "safety.servers.headers" : "safety.servers.environment")}</legend>
        <p className="mt-1 text-xs text-text-2">{t("safety.servers.givenHint")}</p>
        {rows.map((row) => (
          <Given key={row} row={row} far={far} onRemove={() => setRows(rows.filter((one) => one !== row))} />
        ))}
        <div>
          <Button onClick={() => setRows([...rows, Math.max(0, ...rows) + 1])}>
            <Plus aria-hidden className="size-4" />
            {t(far ? "safety.servers.addHeader" : "safety.servers.addVariable")}
          </Button>
        </div>
      </fieldset>
      {!far && (
        <div>
          <AreaField name="readable" label={t("safety.servers.readable")} rows={2} />
          <CheckField name="network" label={t("safety.servers.mayNetwork")} />
          <CheckField name="workspace" label={t("safety.servers.mayWorkspace")} />
        </div>
      )}
      <p className="text-sm text-text-2">{t("safety.servers.seen")}</p>
      <NotChanged error={add.error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" disabled={add.isPending}>
          {add.isPending && <Spinner />}
          {t("safety.servers.add")}
        </Button>
        <Button look="quiet" onClick={() => setOpen(false)}>
          {t("settings.cancel")}
        </Button>
      </div>
    </form>
  );
}

/** One value by its name: written here, or a secret of the vault, of which only the name is kept. */
function Given({ row, far, onRemove }: { row: number; far: boolean; onRemove: () => void }) {
  const { t } = useTranslation();
  const secrets = useSecrets().data?.items ?? [];
  const [secret, setSecret] = useState("");
  return (
    <div className="grid items-end gap-3 sm:grid-cols-[1fr_1fr_1fr_auto]" data-slot="given">
      <TextField
        name={`name-${row}`}
        label={t(far ? "safety.servers.header" : "safety.servers.variable")}
        pattern={far ? "[A-Za-z0-9!#$%&'*+.^_`|~\\-]{1,100}" : "[A-Za-z_][A-Za-z0-9_]{0,99}"}
        required
      />
      <SelectField
        name={`secret-${row}`}
        label={t("safety.servers.from")}
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
      >
        <option value="">{t("safety.servers.written")}</option>
        {secrets.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField
        name={`value-${row}`}
        label={t(secret ? "safety.servers.around" : "safety.servers.value")}
        placeholder={secret && far ? "Bearer" : undefined}
        required={!secret}
      />
      <IconButton label={t("settings.remove")} onClick={onRemove}>
        <X aria-hidden className="size-4" />
      </IconButton>
    </div>
  );
}
