import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLive } from "@/client/client";
import { isOver, waitingQuestions } from "@/client/run";
import { useToolName } from "./labels";

/** Tells people who listen what happens: whole paragraphs as they end, tools as they return, questions at once. */
export function Announcer({ run: run_id }: { run: string | undefined }) {
  const { t } = useTranslation();
  const toolName = useToolName();
  const run = useLive((state) => (run_id ? state.runs[run_id] : undefined));
  const [said, setSaid] = useState<string[]>([]);
  const told = useRef({ run: "", words: 0, step: 0, events: new Set<string>(), silent: true });

  useEffect(() => {
    if (!run) return;
    const mark = told.current;
    if (mark.run !== run.run_id) {
      // What had ended before this page came is not news.
      told.current = { run: run.run_id, words: 0, step: 0, events: new Set(), silent: isOver(run.status) };
      setSaid([]);
    }
    const now = told.current;
    if (now.silent) return;
    const news: string[] = [];
    const once = (key: string, text: string) => {
      if (now.events.has(key)) return;
      now.events.add(key);
      news.push(text);
    };
    once("started", t("chat.said.started"));
    for (const call of run.steps.flatMap((step) => step.calls)) {
      if (!call.outcome) continue;
      const outcome = t(`tool.outcomes.${call.outcome}`);
      once(`call ${call.id}`, t("chat.said.tool", { tool: toolName(call.tool), outcome }));
    }
    for (const question of waitingQuestions(run)) {
      once(`question ${question.approval_id}`, t("chat.said.question", { tool: toolName(question.tool) }));
    }
    const step = run.steps.at(-1);
    if (step) {
      if (now.step !== step.number) Object.assign(now, { step: step.number, words: 0 });
      const end = isOver(run.status) ? step.text.text.length : step.text.text.lastIndexOf("\n\n");
      if (end > now.words) {
        news.push(spoken(step.text.text.slice(now.words, end)));
        now.words = end;
      }
    }
    if (isOver(run.status)) once("over", t(`chat.said.${run.status as "completed"}`));
    if (news.length) setSaid((before) => [...before.slice(-20), ...news]);
  }, [run, t, toolName]);

  return (
    <div role="status" aria-live="polite" aria-atomic="false" className="sr-only">
      {said.map((text, index) => (
        <p key={index}>{text}</p>
      ))}
    </div>
  );
}

/** Without the marks of markdown. */
function spoken(text: string): string {
  return text
    .replace(/```[\s\S]*?(```|$)/g, " ")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`#>|]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
