import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { IconButton } from "@/ui/Button";
import { classes } from "@/ui/classes";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/ui/Menu";
import type { Activity } from "./ConversationList";

interface Props {
  id: string;
  title: string;
  current: boolean;
  activity: Activity | undefined;
  onRename(title: string): void;
  onRemove(): void;
}

export function ConversationRow({ id, title, current, activity, onRename, onRemove }: Props) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);

  if (editing) {
    return (
      <li>
        <TitleField
          title={title}
          onDone={(next) => {
            if (next && next !== title) onRename(next);
            setEditing(false);
          }}
        />
      </li>
    );
  }
  return (
    <li
      className={classes(
        "group flex items-center rounded-xl transition-colors duration-150",
        current ? "bg-surface-3" : "hover:bg-surface-3",
      )}
    >
      <Link
        ref={link}
        to={`/c/${encodeURIComponent(id)}`}
        aria-current={current ? "page" : undefined}
        title={title}
        className="flex min-h-11 min-w-0 flex-1 items-center gap-2.5 rounded-xl pl-3 text-sm"
      >
        <span className={classes("truncate", current ? "text-text-1" : "text-text-2 group-hover:text-text-1")}>
          {title}
        </span>
        {activity && <Dot activity={activity} />}
      </Link>
      <Menu>
        <MenuTrigger asChild>
          <IconButton
            label={t("conversations.actions", { title })}
            className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 max-lg:opacity-100"
          >
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        </MenuTrigger>
        <MenuContent align="end" className="min-w-44">
          <MenuItem onSelect={() => setEditing(true)}>
            <Pencil aria-hidden className="size-4" />
            {t("conversations.rename")}
          </MenuItem>
          <MenuItem tone="danger" onSelect={onRemove}>
            <Trash2 aria-hidden className="size-4" />
            {t("conversations.delete")}
          </MenuItem>
        </MenuContent>
      </Menu>
    </li>
  );
}

function Dot({ activity }: { activity: Activity }) {
  const { t } = useTranslation();
  return (
    <>
      <span
        aria-hidden
        className={classes(
          "size-2 shrink-0 rounded-full",
          activity === "waiting" ? "bg-warning" : "animate-breathe bg-primary",
        )}
      />
      <span className="sr-only">{t(`conversations.${activity}`)}</span>
    </>
  );
}

function TitleField({ title, onDone }: { title: string; onDone: (title: string | null) => void }) {
  const { t } = useTranslation();
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useEffect(() => {
    // After the menu has given its focus back.
    const timer = setTimeout(() => field.current?.select());
    return () => clearTimeout(timer);
  }, []);
  const finish = (value: string | null) => {
    if (done.current) return;
    done.current = true;
    onDone(value?.trim() ?? null);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter") finish(event.currentTarget.value);
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      finish(null);
    }
  };
  return (
    <input
      ref={field}
      defaultValue={title}
      maxLength={200}
      aria-label={t("conversations.renameLabel")}
      onKeyDown={onKeyDown}
      onBlur={(event) => finish(event.currentTarget.value)}
      className="min-h-11 w-full rounded-xl border border-control bg-surface-1 px-3 text-sm"
    />
  );
}
