import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "@/client/types";
import { Notice } from "./Notice";

/** A problem of the server: what could not be done, why, and what helps. The server speaks English: in another language
 *  its code is said in the page's own words, and the server's stand beneath. */
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
  const hint = say("hint") || problem?.hint;
  const translated = what !== "" && i18n.language !== "en";
  return (
    <Notice tone={tone} title={what ? `${title} — ${what}` : title} actions={actions} alert={alert ?? false}>
      {!translated && problem?.detail && <p>{problem.detail}</p>}
      {hint && <p>{hint}</p>}
      {translated && problem?.detail && (
        <p className="mt-1.5 text-xs">
          {t("problem.detail")} <span lang="en">{`${problem.detail} ${problem.hint ?? ""}`.trim()}</span>
        </p>
      )}
    </Notice>
  );
}
