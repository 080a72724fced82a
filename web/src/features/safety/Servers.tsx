import { CircleAlert, CircleCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { addServer, approveTools, removeServer, signInAt, testServer, TOOLS_STALE, useServers } from "@/client/guard";
import type { McpServerShown, ServerForm, ServerTool } from "@/client/types";
import { Button } from "@/ui/Button";
import { CheckField, TextField } from "@/ui/Field";
import { Loaded, Section } from "@/ui/Settings";
import { Spinner } from "@/ui/Spinner";
import { visible } from "@/ui/visible";
import { NotChanged, Remove } from "@/ui/Change";

/** Servers of tools over the Model Context Protocol: what a person has not looked at is not offered to a model. */
export function Servers({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = useServers();
  return (
    <Section title={t("safety.servers.title")} text={t("safety.servers.text")}>
      <Loaded asked={asked}>
        {({ items }) => (
          <ul className="flex flex-col gap-3">
            {items.map((server) => (
              <Server key={server.name} server={server} admin={admin} />
            ))}
            {items.length === 0 && <li className="text-sm text-text-2">{t("safety.servers.none")}</li>}
          </ul>
        )}
      </Loaded>
      {admin && <Add />}
    </Section>
  );
}

function Server({ server, admin }: { server: McpServerShown; admin: boolean }) {
  const { t } = useTranslation();
  const test = useChange(testServer, TOOLS_STALE);
  const approve = useChange(approveTools, TOOLS_STALE);
  const signIn = useChange(signInAt, TOOLS_STALE);
  const unseen = server.tools.filter((tool) => tool.state === "new" || tool.state === "changed");
  const Icon = server.connected ? CircleCheck : CircleAlert;
  const facts = [
    server.place,
    server.protocol,
    server.network && t("safety.servers.network"),
    server.trusted && t("safety.servers.trusted"),
  ];
  return (
    <li className="rounded-2xl border border-line bg-surface-2 p-4" data-slot="server">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-56">
          <h3 className="flex items-center gap-2 font-medium">
            <Icon aria-hidden className={`size-5 shrink-0 ${server.connected ? "text-success" : "text-warning"}`} />
            <span className="min-w-0 wrap-anywhere">{server.name}</span>
            <span className="sr-only">{t(server.connected ? "safety.servers.connected" : "safety.servers.down")}</span>
          </h3>
          <p className="mt-0.5 text-sm wrap-anywhere text-text-2">{facts.filter(Boolean).join(" · ")}</p>
          {server.problem && (
            <p lang="en" className="mt-0.5 text-sm wrap-anywhere text-warning">
              {server.problem}
            </p>
          )}
        </div>
        {admin && (
          <>
            <Button disabled={test.isPending} onClick={() => test.mutate(server.name)}>
              {test.isPending && <Spinner />}
              {t("safety.servers.test")}
            </Button>
            {server.transport === "http" && !server.connected && (
              <Button disabled={signIn.isPending} onClick={() => signIn.mutate(server.name)}>
                {t("safety.servers.signIn")}
              </Button>
            )}
            {!server.given && (
              <Remove
                id={server.name}
                name={server.name}
                word={t("settings.remove")}
                title={t("safety.servers.removeTitle", { name: server.name })}
                text={t("safety.servers.removeText")}
                stale={TOOLS_STALE}
                remove={removeServer}
              />
            )}
          </>
        )}
      </div>
      {signIn.data?.link && /^https?:/.test(signIn.data.link) && (
        <p className="mt-3 text-sm">
          <a
            href={signIn.data.link}
            target="_blank"
            rel="noreferrer"
            className="inline-flex min-h-11 items-center text-primary underline underline-offset-4"
          >
            {t("safety.servers.open")}
          </a>
        </p>
      )}
      <p className="mt-2 text-sm text-text-2">
        {t("safety.servers.offered", { count: server.tools.filter((tool) => tool.state === "offered").length })}
      </p>
      <ul>
        {server.tools
          .filter((tool) => tool.state !== "offered")
          .map((tool) => (
            <Unseen key={tool.tool} tool={tool} />
          ))}
      </ul>
      {admin && unseen.length > 0 && (
        <Button
          className="mt-3"
          disabled={approve.isPending}
          onClick={() =>
            approve.mutate({ name: server.name, tools: Object.fromEntries(unseen.map(({ tool, digest }) => [tool, digest])) })
          }
        >
          {t("safety.servers.approve", { count: unseen.length })}
        </Button>
      )}
      <NotChanged error={test.error ?? approve.error ?? signIn.error} />
    </li>
  );
}

/** A tool that is not offered, with what it says of itself now, and said before. */
function Unseen({ tool }: { tool: ServerTool }) {
  const { t } = useTranslation();
  return (
    <li className="mt-2 rounded-xl border border-warning px-4 py-3 text-sm" data-slot="unseen">
      <p className="font-medium wrap-anywhere">
        <span className="font-mono">{visible(tool.tool)}</span> · {t(`safety.servers.states.${tool.state as "new" | "changed" | "unusable"}`)}
      </p>
      {tool.before && (
        <p className="mt-1 wrap-anywhere text-text-2">
          {t("safety.servers.before")} <span lang="en">{visible(tool.before)}</span>
        </p>
      )}
      <p lang="en" className="mt-1 wrap-anywhere text-text-2">
        {visible(tool.problem || tool.description)}
      </p>
    </li>
  );
}

function Add() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const add = useChange(addServer, TOOLS_STALE);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const place = String(said.get("place")).trim();
    const where: ServerForm = /^https?:\/\//.test(place) ? { url: place } : { command: place.split(/\s+/) };
    const form = { ...where, name: String(said.get("name")), network: said.has("network"), workspace: said.has("workspace") };
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
        <TextField name="place" label={t("safety.servers.place")} hint={t("safety.servers.placeHint")} required />
      </div>
      <div>
        <CheckField name="network" label={t("safety.servers.mayNetwork")} />
        <CheckField name="workspace" label={t("safety.servers.mayWorkspace")} />
      </div>
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
