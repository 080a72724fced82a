import { ArrowUp, Pause, Square } from "lucide-react";
import { type KeyboardEvent, lazy, Suspense, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { draftOf, keepDraft } from "@/client/drafts";
import type { Enclosed } from "@/client/types";
import { IconButton } from "@/ui/Button";
import { Attachments, AttachButton, useAttachments } from "./Attachments";
import { ModelPicker } from "./ModelPicker";
import type { Keys } from "./prompts/Prompts";
import { type Urgency, UrgencyPicker } from "./Urgency";

const Prompts = lazy(() => import("./prompts/Prompts").then(({ Prompts }) => ({ default: Prompts })));
const Quotations = lazy(() => import("./prompts/Quotations").then(({ Quotations }) => ({ default: Quotations })));

const TALLEST = 240;
const MOST_QUOTED = 8;

/** A message taken up again to be changed. */
export interface Edited {
  text: string;
  quoted: string[];
  key: number;
}

interface Props {
  conversation: string | undefined;
  working: boolean;
  edited: Edited | null;
  /** `urgency` counts where an agent is at work. */
  onSend(goal: string, enclosed: Enclosed, urgency: Urgency): Promise<boolean>;
  onStop: (() => void) | undefined;
  onPause: (() => void) | undefined;
}

export function Composer({ conversation, working, edited, onSend, onStop, onPause }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => draftOf(conversation));
  const [urgency, setUrgency] = useState<Urgency>("steer");
  const [quoted, setQuoted] = useState<string[]>([]);
  const [shut, setShut] = useState(false); // the list of prompts, until another slash begins a message
  const [active, setActive] = useState<string>();
  const keys = useRef<Keys>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const attached = useAttachments();

  useEffect(() => keepDraft(conversation, text), [conversation, text]);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight, TALLEST)}px`;
  }, [text]);
  useEffect(() => {
    if (matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    if (!edited) return;
    setText(edited.text);
    setQuoted(edited.quoted);
    field.current?.focus();
  }, [edited]);

  const goal = text.trim();
  const heard = !working || onStop !== undefined; // a run that is only just being started hears nothing yet
  const send = async () => {
    if (!goal || !heard) return;
    const images = attached.images.map(({ media_type, data }) => ({ media_type, data }));
    setText("");
    const enclosed = { ...(images.length > 0 && { images }), ...(quoted.length > 0 && { quoted }) };
    if (await onSend(goal, enclosed, urgency)) {
      attached.clear();
      setQuoted([]);
    } else setText(goal);
  };
  const typed = /^\/(\S*)$/.exec(text)?.[1];
  const prompting = typed !== undefined && !shut && quoted.length < MOST_QUOTED;
  useEffect(() => setShut(false), [typed === undefined]);
  const leave = () => {
    setShut(true);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (prompting && keys.current?.(event)) return;
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };

  return (
    <div className="relative mx-auto w-full max-w-3xl px-3 pb-3 sm:px-6 sm:pb-5">
      {prompting && (
        <div className="absolute inset-x-3 bottom-full z-40 mb-2 rounded-2xl border border-line bg-surface-2 shadow-float empty:hidden sm:inset-x-6">
          <Suspense fallback={null}>
            <Prompts
              typed={typed}
              keys={keys}
              onActive={setActive}
              onClose={leave}
              onRead={(called, words) => {
                setText(`${called} `);
                setQuoted([...quoted, words]);
                leave();
              }}
            />
          </Suspense>
        </div>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
        className="rounded-3xl border border-control bg-surface-2 transition-colors duration-150 focus-within:border-focus"
      >
        <Attachments attached={attached} />
        {quoted.length > 0 && (
          <Suspense fallback={null}>
            <Quotations quoted={quoted} onRemove={(index) => setQuoted(quoted.filter((_, at) => at !== index))} />
          </Suspense>
        )}
        <label htmlFor="message" className="sr-only">
          {t("composer.label")}
        </label>
        <textarea
          ref={field}
          id="message"
          data-composer
          rows={1}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={attached.onPaste}
          placeholder={t(working ? "composer.steer" : "composer.placeholder")}
          aria-describedby="message-keys"
          aria-autocomplete={active ? "list" : undefined}
          aria-controls={active && "prompts"}
          aria-activedescendant={active}
          className="block max-h-[min(15rem,40dvh)] min-h-12 w-full resize-none bg-transparent px-5 pt-3.5 pb-1 text-base leading-6 outline-none"
        />
        <div className="flex items-center gap-1 p-1.5 pl-2">
          <ModelPicker />
          <AttachButton attached={attached} />
          <span id="message-keys" className={working && goal ? "sr-only" : "ml-auto hidden px-2 text-xs text-text-2 md:block"}>
            {t("composer.keys")}
          </span>
          {working && goal && <UrgencyPicker urgency={urgency} onChange={setUrgency} />}
          {onPause && !goal && (
            <IconButton label={t("composer.pause")} round onClick={onPause} className="max-md:ml-auto">
              <Pause aria-hidden className="size-4" />
            </IconButton>
          )}
          {working && (
            <IconButton
              label={t("composer.stop")}
              look="outline"
              disabled={!onStop}
              onClick={onStop}
              round
              className={onPause || goal ? "" : "max-md:ml-auto"}
            >
              <Square aria-hidden className="size-4 fill-current" />
            </IconButton>
          )}
          {(!working || goal) && (
            <IconButton
              label={t("composer.send")}
              look="primary"
              type="submit"
              disabled={!goal || !heard}
              round
              className={working ? "" : "max-md:ml-auto"}
            >
              <ArrowUp aria-hidden className="size-5" />
            </IconButton>
          )}
        </div>
      </form>
    </div>
  );
}
