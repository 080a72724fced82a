import { CircleAlert, CircleCheck, CirclePause, Clock, LogIn } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useChange } from "@/client/change";
import { keepDraft } from "@/client/drafts";
import { approveTools, removeServer, signInAt, testServer, TOOLS_STALE, useServers } from "@/client/guard";
import type { McpServerShown, ServerPrompt, ServerTool } from "@/client/types";
import { Button } from "@/ui/Button";
import { Disclosure } from "@/ui/Disclosure";
import { Loaded, Section } from "@/ui/Settings";
import { Spinner } from "@/ui/Spinner";
import { visible } from "@/ui/visible";
import { AddServer } from "./AddServer";
import { NotChanged, Remove } from "@/ui/Change";

/** Servers of tools over the Model Context Protocol: what a person has not looked at is not offered to a model. */
export function Servers({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = useServers();
  return (
    <Section id="servers" title={t("safety.servers.title")} text={t("safety.servers.text")}>
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
      {admin && <AddServer />}
    </Section>
  );
}

/** How a server stands: told by a picture, a word, and a colour. */
const STATES = {
  connected: { Icon: CircleCheck, colour: "text-success" },
  idle: { Icon: CirclePause, colour: "text-text-2" },
  approval: { Icon: Clock, colour: "text-warning" },
  signing_in: { Icon: LogIn, colour: "text-info" },
  broken: { Icon: CircleAlert, colour: "text-error" },
} as const;

function Server({ server, admin }: { server: McpServerShown; admin: boolean }) {
  const { t } = useTranslation();
  const test = useChange(testServer, TOOLS_STALE);
  const approve = useChange(approveTools, TOOLS_STALE);
  const signIn = useChange(signInAt, TOOLS_STALE);
  const unseen = server.tools.filter(waits);
  const prompts = server.prompts.filter(waits);
  const { Icon, colour } = STATES[server.state];
  const facts = [
    server.place,
    server.protocol,
    server.network && t("safety.servers.network"),
    server.trusted && t("safety.servers.trusted"),
    ...server.environment,
    ...server.headers,
  ];
  return (
    <li className="rounded-2xl border border-line bg-surface-2 p-4" data-slot="server">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-56">
          <h3 className="flex items-center gap-2 font-medium">
            <Icon aria-hidden className={`size-5 shrink-0 ${colour}`} />
            <span className="min-w-0 wrap-anywhere">{server.name}</span>
            <span className={`text-sm font-normal ${colour}`} data-slot="state">
              {t(`safety.servers.is.${server.state}`)}
            </span>
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
            <Unseen key={tool.tool} name={tool.tool} one={tool} problem={tool.problem} />
          ))}
        {prompts.map((prompt) => (
          <Unseen key={prompt.name} name={`/${server.name}:${prompt.name}`} one={prompt} />
        ))}
      </ul>
      <Held server={server} />
      {admin && unseen.length + prompts.length > 0 && (
        <Button
          className="mt-3"
          disabled={approve.isPending}
          onClick={() =>
            approve.mutate({ name: server.name, tools: digests(unseen), prompts: digests(prompts) })
          }
        >
          {t("safety.servers.approve", { count: unseen.length + prompts.length })}
        </Button>
      )}
      <NotChanged error={test.error ?? approve.error ?? signIn.error} />
    </li>
  );
}

const waits = (one: { state: string }) => one.state === "new" || one.state === "changed";

/** What was looked at, by the names that the server itself uses. */
const digests = (seen: (ServerTool | ServerPrompt)[]) => Object.fromEntries(seen.map(({ name, digest }) => [name, digest]));

/** Something that is not offered, with what it says of itself now, and said before. */
function Unseen({ name, one, problem = "" }: { name: string; one: ServerTool | ServerPrompt; problem?: string }) {
  const { t } = useTranslation();
  return (
    <li className="mt-2 rounded-xl border border-warning px-4 py-3 text-sm" data-slot="unseen">
      <p className="font-medium wrap-anywhere">
        <span className="font-mono">{visible(name)}</span> · {t(`safety.servers.states.${one.state as "new" | "changed" | "unusable"}`)}
      </p>
      {one.before && (
        <p className="mt-1 wrap-anywhere text-text-2">
          {t("safety.servers.before")} <span lang="en">{visible(one.before)}</span>
        </p>
      )}
      <p lang="en" className="mt-1 wrap-anywhere text-text-2">
        {visible(problem || one.description)}
      </p>
    </li>
  );
}

/** What it has beside tools: for agents to read, and for people to choose. */
function Held({ server }: { server: McpServerShown }) {
  const { t } = useTranslation();
  const read = [...server.resources, ...server.templates];
  const offered = server.prompts.filter((prompt) => prompt.state === "offered");
  if (read.length + offered.length === 0) return null;
  return (
    <div className="mt-3">
      <Disclosure quiet summary={t("safety.servers.held", { resources: read.length, prompts: offered.length })}>
        <ul className="mt-3 flex flex-col gap-2 text-sm" data-slot="held">
          {offered.map((prompt) => (
            <li key={prompt.name} data-slot="prompt" className="flex flex-wrap items-center gap-x-3 gap-y-1 wrap-anywhere">
              <p className="min-w-0 flex-1 basis-56">
                <span className="font-mono">{visible(`/${server.name}:${prompt.name}`)}</span>
                <span className="text-text-2"> {visible(prompt.description)}</span>
              </p>
              <Link
                to="/"
                onClick={() => keepDraft(undefined, `/${server.name}:${prompt.name}`)}
                aria-label={`${t("safety.servers.use")}: /${server.name}:${prompt.name}`}
                className="inline-flex min-h-11 min-w-11 items-center text-primary underline underline-offset-4"
              >
                {t("safety.servers.use")}
              </Link>
            </li>
          ))}
          {read.map((one) => (
            <li key={one.uri} className="wrap-anywhere">
              <span className="font-mono">{visible(one.uri)}</span>
              <span className="text-text-2"> {visible(one.description || one.name)}</span>
            </li>
          ))}
        </ul>
      </Disclosure>
    </div>
  );
}
