import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { guardKeys, reloadPolicy, usePolicy } from "@/client/guard";
import type { PolicyStatement } from "@/client/types";
import { Button } from "@/ui/Button";
import { Disclosure } from "@/ui/Disclosure";
import { Notice } from "@/ui/Notice";
import { Loaded, Section } from "@/ui/Settings";
import { Spinner } from "@/ui/Spinner";
import { NotChanged } from "@/ui/Change";

/** The policies in force beside the built-in rules, and where each stands. */
export function Policies({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = usePolicy();
  const reload = useChange((api, _: null) => reloadPolicy(api), [guardKeys.policy]);
  return (
    <Section id="policies" title={t("safety.policies.title")} text={t("safety.policies.text")}>
      <Loaded asked={asked}>
        {({ items, problem, folder, roles }) => (
          <>
            {problem && (
              <Notice tone="warning" title={t("safety.policies.wrong")}>
                <p lang="en" className="wrap-anywhere">
                  {problem}
                </p>
              </Notice>
            )}
            <ul className="flex flex-col gap-3">
              {items.map((statement) => (
                <Statement key={`${statement.file}:${statement.line}`} statement={statement} />
              ))}
              {items.length === 0 && <li className="text-sm text-text-2">{t("safety.policies.none")}</li>}
            </ul>
            {Object.entries(roles).map(([role, names]) => (
              <p key={role} className="text-sm wrap-anywhere text-text-2">
                {t("safety.policies.role", { role, names: names.join(", ") })}
              </p>
            ))}
            <p className="text-xs wrap-anywhere text-text-2">{t("safety.policies.folder", { folder })}</p>
          </>
        )}
      </Loaded>
      {admin && (
        <div>
          <Button disabled={reload.isPending} onClick={() => reload.mutate(null)}>
            {reload.isPending && <Spinner />}
            {t("safety.policies.reload")}
          </Button>
          <NotChanged error={reload.error} />
        </div>
      )}
    </Section>
  );
}

function Statement({ statement }: { statement: PolicyStatement }) {
  const { t } = useTranslation();
  return (
    <li className="rounded-2xl border border-line bg-surface-2" data-slot="policy">
      <Disclosure
        summary={
          <span className="min-w-0 flex-1 wrap-anywhere">
            <span className="font-medium text-text-1">{statement.id}</span> ·{" "}
            {t(`safety.policies.kinds.${statement.kind}`)} · {t(`safety.policies.layers.${statement.layer}`)} ·{" "}
            <span className="font-mono text-xs">
              {statement.file}:{statement.line}
            </span>
          </span>
        }
      >
        <div className="border-t border-line p-4">
          {statement.reason && <p className="mb-2 text-sm wrap-anywhere">{statement.reason}</p>}
          <pre
            tabIndex={0}
            aria-label={statement.id}
            className="max-h-80 overflow-auto rounded-xl border border-line bg-surface-1 px-4 py-3 font-mono text-[0.8125rem] leading-6 wrap-anywhere whitespace-pre-wrap"
          >
            {statement.text}
          </pre>
        </div>
      </Disclosure>
    </li>
  );
}
