import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/Button";
import { visible } from "@/ui/visible";
import "./words";

/** Words of others that go with the message, to be read before it is sent. */
export function Quotations({ quoted, onRemove }: { quoted: string[]; onRemove(index: number): void }) {
  const { t } = useTranslation();
  return quoted.map((text, index) => (
    <figure key={index} data-slot="quotation" className="flex items-start gap-1 px-4 pt-3">
      <blockquote
        tabIndex={0}
        aria-label={t("prompts.quoted")}
        className="max-h-40 min-w-0 flex-1 overflow-y-auto border-l-4 border-control pl-3 text-sm leading-relaxed wrap-anywhere whitespace-pre-wrap text-text-2"
      >
        <span className="block text-xs">{t("prompts.quoted")}</span>
        {visible(text)}
      </blockquote>
      <IconButton label={t("prompts.remove")} onClick={() => onRemove(index)}>
        <X aria-hidden className="size-4" />
      </IconButton>
    </figure>
  ));
}
