import { EyeOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Passage } from "@/client/frames";
import { problemFrom } from "@/client/http";
import { useLetThrough } from "@/client/queries";
import type { Call } from "@/client/run";
import { Button } from "@/ui/Button";
import { Disclosure } from "@/ui/Disclosure";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Preformatted } from "./results/Result";

/** What of a result gives orders to the model: a quiet line, and the words when it is opened. */
export function Orders({ call, run_id, passages }: { call: Call; run_id: string; passages: Passage[] }) {
  const { t } = useTranslation();
  const letThrough = useLetThrough(run_id);
  const characters = [...call.content];
  const withheld = passages.some((passage) => passage.withheld);
  const length = passages.reduce((sum, { start, end }) => sum + end - start, 0);
  const done = letThrough.isPending || letThrough.isSuccess;
  const allow = (always: boolean) => letThrough.mutate({ call_id: call.id, always });
  return (
    <div data-slot="orders" className="border-t border-line">
      <Disclosure
        summary={
          <>
            <EyeOff aria-hidden className="size-4 shrink-0 text-warning" />
            <span className="min-w-0 flex-1">
              {t(withheld ? "tool.orders.withheld" : "tool.orders.marked", { count: length })}
            </span>
          </>
        }
      >
        <div className="flex flex-col gap-3 border-t border-line px-4 py-4">
          {passages.map(({ start, end }) => (
            <Preformatted key={start} text={characters.slice(start, end).join("")} label={t("tool.orders.words")} />
          ))}
          {withheld && (
            <div className="flex flex-wrap gap-2">
              <Button disabled={done} onClick={() => allow(false)}>
                {t("tool.orders.once")}
              </Button>
              <Button disabled={done} look="quiet" onClick={() => allow(true)}>
                {t("tool.orders.always")}
              </Button>
            </div>
          )}
          {letThrough.error && <ProblemNotice title={t("tool.orders.failed")} problem={problemFrom(letThrough.error)} />}
        </div>
      </Disclosure>
    </div>
  );
}
