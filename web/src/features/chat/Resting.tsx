import { CirclePause } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "@/client/client";
import { problemFrom } from "@/client/http";
import type { RunState } from "@/client/run";
import type { Problem } from "@/client/types";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";

const REASONS = ["person", "parent", "child", "queue"] as const;

/** Why a run rests although nothing is asked, and the way on. */
export function Resting({ run }: { run: RunState }) {
  const { t } = useTranslation();
  const { api } = useClient();
  const [problem, setProblem] = useState<Problem | null>(null);
  const reason = REASONS.find((known) => known === run.paused);
  if (!reason) return null;
  const goOn = () => api.goOn(run.run_id).catch((error: unknown) => setProblem(problemFrom(error)));
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm text-text-2">
        <span className="flex items-center gap-2">
          <CirclePause aria-hidden className="size-4" />
          {t(`paused.${reason}`)}
        </span>
        {reason === "person" && <Button onClick={() => void goOn()}>{t("paused.continue")}</Button>}
      </div>
      {problem && <ProblemNotice title={t("paused.failed")} problem={problem} />}
    </>
  );
}
