import { type KeyboardEvent, type RefObject, useEffect, useImperativeHandle, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { readPrompt, useServers } from "@/client/guard";
import { classes } from "@/ui/classes";
import { visible } from "@/ui/visible";
import { Blanks } from "./Blanks";
import { matching, type Offered } from "./offered";
import "./words";

/** Keys that belong to the list while there is one: true where it took this one. */
export type Keys = (event: KeyboardEvent) => boolean;

interface Props {
  /** What stands behind the slash. */
  typed: string;
  keys: RefObject<Keys | null>;
  /** The id of the option that Enter takes. */
  onActive(id: string | undefined): void;
  onClose(): void;
  onRead(called: string, text: string): void;
}

const option = (index: number) => `prompt-${index}`;

/** The prompts of MCP servers that fit what is typed; the blanks of the one that was taken; what it says goes up as a quotation. */
export function Prompts({ typed, keys, onActive, onClose, onRead }: Props) {
  const { t } = useTranslation();
  const found = matching(useServers().data?.items ?? [], typed);
  const [at, setAt] = useState(0);
  const [taken, setTaken] = useState<Offered | null>(null);
  const read = useChange(readPrompt, []);
  const list = useRef<HTMLUListElement>(null);
  const active = Math.min(at, found.length - 1);
  const shown = taken === null && found.length > 0;

  const fill = ({ called, server, prompt }: Offered, given: Record<string, string>) =>
    read.mutate({ server, name: prompt.name, arguments: given }, { onSuccess: ({ text }) => onRead(called, text) });
  const take = (offered: Offered) => {
    setTaken(offered);
    if (offered.prompt.blanks.length === 0) fill(offered, {});
  };
  const close = () => {
    setTaken(null);
    onClose();
  };

  useEffect(() => setAt(0), [typed]);
  useEffect(() => {
    onActive(shown ? option(active) : undefined);
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
    return () => onActive(undefined);
  }, [active, shown, onActive]);
  useImperativeHandle(keys, () => (event) => {
    if (!shown || event.shiftKey || event.nativeEvent.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((active + step + found.length) % found.length);
    else if (event.key === "Enter" || event.key === "Tab") take(found[active]!);
    else if (event.key === "Escape") close();
    else return false;
    event.preventDefault();
    return true;
  });

  if (taken) return <Blanks offered={taken} reading={read.isPending} error={read.error} onFill={(given) => fill(taken, given)} onCancel={close} />;
  if (!shown) return null;
  return (
    <>
      <p role="status" className="sr-only">
        {t("prompts.count", { count: found.length })}
      </p>
      <ul ref={list} id="prompts" role="listbox" aria-label={t("prompts.label")} className="max-h-[min(20rem,40dvh)] overflow-y-auto p-1.5">
        {found.map((offered, index) => (
          <li
            key={offered.called}
            id={option(index)}
            role="option"
            aria-selected={index === active}
            onPointerMove={() => setAt(index)}
            onPointerDown={(event) => event.preventDefault()} // the message keeps the focus
            onClick={() => take(offered)}
            className={classes("min-h-11 cursor-pointer rounded-lg px-3 py-2 text-sm wrap-anywhere", index === active && "bg-surface-3")}
          >
            <span className="font-mono">{visible(offered.called)}</span>
            <span className="block text-xs leading-relaxed text-text-2">{visible(offered.prompt.description || offered.prompt.title)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
