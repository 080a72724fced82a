import { ArrowUp, Pause, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Image } from "@/client/types";
import { IconButton } from "@/ui/Button";
import { draftOf, keepDraft } from "./drafts";
import { Attachments, AttachButton, useAttachments } from "./Attachments";
import { ModelPicker } from "./ModelPicker";
import { type Urgency, UrgencyPicker } from "./Urgency";

const TALLEST = 240;

interface Props {
  conversation: string | undefined;
  working: boolean;
  /** A message taken up again to be changed. */
  edited: { text: string; key: number } | null;
  /** `urgency` counts where an agent is at work. */
  onSend(goal: string, images: Image[], urgency: Urgency): Promise<boolean>;
  onStop: (() => void) | undefined;
  onPause: (() => void) | undefined;
}

export function Composer({ conversation, working, edited, onSend, onStop, onPause }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => draftOf(conversation));
  const [urgency, setUrgency] = useState<Urgency>("steer");
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
    field.current?.focus();
  }, [edited]);

  const goal = text.trim();
  const heard = !working || onStop !== undefined; // a run that is only just being started hears nothing yet
  const send = async () => {
    if (!goal || !heard) return;
    const images = attached.images.map(({ media_type, data }) => ({ media_type, data }));
    setText("");
    if (await onSend(goal, images, urgency)) attached.clear();
    else setText(goal);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void send();
  };

  return (
    <div className="mx-auto w-full max-w-3xl px-3 pb-3 sm:px-6 sm:pb-5">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
        className="rounded-3xl border border-control bg-surface-2 transition-colors duration-150 focus-within:border-focus"
      >
        <Attachments attached={attached} />
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
          className="block max-h-60 min-h-12 w-full resize-none bg-transparent px-5 pt-3.5 pb-1 text-base leading-6 outline-none"
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
