import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/client/types";
import { Notice } from "./Notice";

/** A problem of the server: what could not be done, why, and what helps. */
export function ProblemNotice({
  title,
  problem,
  tone = "error",
  actions,
  alert,
}: {
  title: string;
  problem: Problem | null;
  tone?: "error" | "warning";
  actions?: ReactNode;
  alert?: boolean;
}) {
  const { t, i18n } = useTranslation();
  const say = (part: "title" | "hint") => {
    const key = problem && `problems.${problem.code}.${part}`;
    return key && i18n.exists(key) ? (t as (key: string) => string)(key) : "";
  };
  const what = say("title");
  return (
    <Notice tone={tone} title={what ? `${title} — ${what}` : title} actions={actions} alert={alert ?? false}>
      {problem?.detail && <p>{problem.detail}</p>}
      {(say("hint") || problem?.hint) && <p>{say("hint") || problem?.hint}</p>}
    </Notice>
  );
}
