import { FileText, FolderOpen, X } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/Button";

/** A button that takes a file of this machine, or a folder with all that is in it. */
export function Choose({
  word,
  accept,
  folder = false,
  onChosen,
}: {
  word: string;
  accept?: string;
  folder?: boolean;
  onChosen(files: File[]): void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const Icon = folder ? FolderOpen : FileText;
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        {...(folder && { webkitdirectory: "" })}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = "";
          if (files.length > 0) onChosen(files);
        }}
      />
      <Button onClick={() => input.current?.click()}>
        <Icon aria-hidden className="size-4" />
        {word}
      </Button>
    </>
  );
}

/** What was taken, to be put back. */
export function Chosen({ name, onDrop }: { name: string; onDrop(): void }) {
  const { t } = useTranslation();
  return (
    <p className="flex items-center gap-2 rounded-xl border border-line bg-surface-1 pl-3.5 text-sm" data-slot="chosen">
      <FileText aria-hidden className="size-4 shrink-0 text-text-2" />
      <span className="min-w-0 flex-1 wrap-anywhere">{name}</span>
      <IconButton label={`${t("settings.remove")}: ${name}`} onClick={onDrop}>
        <X aria-hidden className="size-4" />
      </IconButton>
    </p>
  );
}
