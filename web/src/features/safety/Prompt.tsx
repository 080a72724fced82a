import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useChange } from "@/client/change";
import { readPrompt, sayPrompt } from "@/client/guard";
import { keys } from "@/client/queries";
import type { ServerPrompt } from "@/client/types";
import { Button } from "@/ui/Button";
import { NotChanged } from "@/ui/Change";
import { TextField } from "@/ui/Field";
import { Spinner } from "@/ui/Spinner";
import { visible } from "@/ui/visible";

/** A prompt of a server: its blanks are filled in, what it says then is read, and said to an agent as the server's words. */
export function Prompt({ server, prompt }: { server: string; prompt: ServerPrompt }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const read = useChange(readPrompt, []);
  const say = useChange(sayPrompt, [keys.conversations]);
  const called = `/${server}:${prompt.name}`;
  const fill = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = [...new FormData(event.currentTarget)].filter(([, value]) => value !== "");
    read.mutate({ server, name: prompt.name, arguments: Object.fromEntries(said.map(([name, value]) => [name, String(value)])) });
  };
  const text = read.data?.text;
  return (
    <li className="wrap-anywhere" data-slot="prompt">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 basis-56">
          <span className="font-mono">{visible(called)}</span>
          <span className="text-text-2"> {visible(prompt.description)}</span>
        </p>
        <Button aria-expanded={open} onClick={() => setOpen(!open)}>
          {t("safety.servers.prompt.use")}
        </Button>
      </div>
      {open && (
        <form onSubmit={fill} className="mt-2 flex flex-col gap-3 rounded-xl border border-line p-4">
          {prompt.blanks.map((blank) => (
            <TextField
              key={blank.name}
              name={blank.name}
              label={visible(blank.name)}
              hint={visible(blank.description) || undefined}
              required={blank.required}
            />
          ))}
          {text !== undefined && (
            <blockquote lang="en" className="border-l-4 border-line pl-3 whitespace-pre-wrap text-text-2" data-slot="said">
              {visible(text)}
            </blockquote>
          )}
          <NotChanged error={read.error ?? say.error} />
          <div className="flex flex-wrap gap-2">
            <Button type="submit" disabled={read.isPending}>
              {read.isPending && <Spinner />}
              {t("safety.servers.prompt.read")}
            </Button>
            {text !== undefined && (
              <Button
                look="primary"
                disabled={say.isPending}
                onClick={() => say.mutate({ goal: called, text }, { onSuccess: (run) => navigate(`/c/${run.conversation_id}`) })}
              >
                {say.isPending && <Spinner />}
                {t("safety.servers.prompt.say")}
              </Button>
            )}
          </div>
        </form>
      )}
    </li>
  );
}
