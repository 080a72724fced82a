import { useTranslation } from "react-i18next";
import { classes } from "@/ui/classes";
import { Preformatted } from "./Result";

interface Outcome {
  exit_code?: number | null;
  stdout?: string;
  stderr?: string;
  timed_out?: boolean;
}

export function Command({ data }: { data: Outcome }) {
  const { t } = useTranslation();
  const failed = data.exit_code !== 0;
  return (
    <div className="flex flex-col gap-2">
      {data.stdout && <Preformatted text={data.stdout} label={t("tool.stdout")} />}
      {data.stderr && (
        <>
          <h4 className="text-xs font-medium text-text-2">{t("tool.stderr")}</h4>
          <Preformatted text={data.stderr} label={t("tool.stderr")} />
        </>
      )}
      {!data.stdout && !data.stderr && <p className="text-sm text-text-2">{t("tool.noOutput")}</p>}
      <p className={classes("font-mono text-xs", failed ? "text-error" : "text-success")}>
        {data.exit_code !== null && data.exit_code !== undefined && t("tool.exitCode", { code: data.exit_code })}
        {data.timed_out && ` · ${t("tool.timedOut")}`}
      </p>
    </div>
  );
}
