import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Question } from "@/client/run";
import type { MarkdownLabels } from "@/ui/markdown/Markdown";

/** The words that blocks of markdown need, the same object until the language changes. */
export function useMarkdownLabels(): MarkdownLabels {
  const { t } = useTranslation();
  return useMemo(
    () => ({ copy: t("code.copy"), copied: t("code.copied"), code: t("code.label"), table: t("code.table") }),
    [t],
  );
}

/** The tool's name in the person's language where it is known, else its own name made readable. */
export function useToolName(): (tool: string) => string {
  const { t, i18n } = useTranslation();
  return (tool) => {
    const key = `tool.names.${tool}`;
    if (i18n.exists(key)) return (t as (key: string) => string)(key);
    const words = tool.replace(/[_.-]+/g, " ").trim();
    return words.charAt(0).toUpperCase() + words.slice(1);
  };
}

/** What was answered: nobody did, where the time for it was over. */
export function useAnswered(): (question: Question) => string {
  const { t } = useTranslation();
  return ({ answer, by }) => (answer === null ? "" : by === "expiry" ? t("approval.expired") : t(`approval.answered.${answer}`));
}
