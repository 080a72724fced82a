import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Lookalike } from "@/client/types";
import { Notice } from "@/ui/Notice";
import { visible } from "@/ui/visible";

/** What is not what it seems, spelled letter by letter. */
export function Lookalikes({ found }: { found: Lookalike[] }) {
  const { t } = useTranslation();
  if (found.length === 0) return null;
  return (
    <div className="mb-3" data-slot="lookalikes">
      <Notice tone="error" title={t("asking.strange.title")}>
        <ul className="flex flex-col gap-1">
          {found.map(({ kind, text, plain }, index) => (
            <li key={index} className="wrap-anywhere">
              {t(`asking.strange.${kind}`, { text: visible(text), plain: visible(plain) })}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}

/** A text with its strange words marked where they stand. */
export function marked(text: string, found: Lookalike[]): ReactNode {
  const words = [...new Set(found.map((one) => one.text))].filter((word) => word && text.includes(word));
  if (words.length === 0) return visible(text);
  const parts: ReactNode[] = [];
  let rest = text;
  while (rest) {
    const next = words
      .map((word) => ({ word, at: rest.indexOf(word) }))
      .filter(({ at }) => at >= 0)
      .sort((one, other) => one.at - other.at || other.word.length - one.word.length)[0];
    if (!next) break;
    parts.push(visible(rest.slice(0, next.at)));
    parts.push(
      <mark key={parts.length} className="bg-transparent font-semibold text-error underline decoration-wavy underline-offset-4">
        {visible(next.word)}
      </mark>,
    );
    rest = rest.slice(next.at + next.word.length);
  }
  return [...parts, visible(rest)];
}
