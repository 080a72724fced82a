import { Check, X } from "lucide-react";
import type { Question } from "@/client/run";
import { useAnswered, useToolName } from "./labels";

/** What was answered, once it stands alone (a refused call has no card of its own until it returns). */
export function ApprovalLine({ question }: { question: Question }) {
  const answered = useAnswered();
  const toolName = useToolName();
  const Icon = question.answer === "refuse" ? X : Check;
  return (
    <p className="flex min-h-7 items-center gap-2 px-1 text-sm text-text-2">
      <Icon aria-hidden className="size-4 shrink-0" />
      {answered(question)} · {toolName(question.tool)}
    </p>
  );
}
