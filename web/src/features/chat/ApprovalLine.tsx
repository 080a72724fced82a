import { Check, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Question } from "@/client/run";
import { useToolName } from "./labels";

/** What was answered, once it stands alone (a refused call has no card of its own until it returns). */
export function ApprovalLine({ question }: { question: Question }) {
  const { t } = useTranslation();
  const toolName = useToolName();
  const Icon = question.answer === "refuse" ? X : Check;
  return (
    <p className="flex min-h-7 items-center gap-2 px-1 text-sm text-text-2">
      <Icon aria-hidden className="size-4 shrink-0" />
      {question.answer && t(`approval.answered.${question.answer}`)} · {toolName(question.tool)}
    </p>
  );
}
