import { useTranslation } from "react-i18next";
import { guardKeys, revokeGrant, useGrants } from "@/client/guard";
import { Loaded, Section } from "@/ui/Settings";
import { useCovers } from "@/ui/useCovers";
import { Remove } from "@/ui/Change";

/** What was answered with "always", to be taken back. */
export function Grants() {
  const { t, i18n } = useTranslation();
  const covers = useCovers();
  const asked = useGrants();
  return (
    <Section id="grants" title={t("safety.grants.title")} text={t("safety.grants.text")}>
      <Loaded asked={asked}>
        {({ items }) => (
          <ul className="flex flex-col gap-3">
            {items.map((grant) => (
              <li
                key={grant.id}
                className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-2xl border border-line bg-surface-2 p-4"
                data-slot="grant"
              >
                <div className="min-w-0 flex-1 basis-56">
                  <h3 className="font-mono text-sm font-medium wrap-anywhere">{covers(grant.shape) || grant.tool}</h3>
                  <p className="mt-0.5 text-sm wrap-anywhere text-text-2">
                    {grant.tool} · {new Date(grant.at).toLocaleDateString(i18n.language)}
                  </p>
                </div>
                <Remove
                  id={grant.id}
                  name={covers(grant.shape) || grant.tool}
                  word={t("safety.grants.revoke")}
                  title={t("safety.grants.revokeTitle", { shape: covers(grant.shape) || grant.tool })}
                  text={t("safety.grants.revokeText")}
                  stale={[guardKeys.grants]}
                  remove={revokeGrant}
                />
              </li>
            ))}
            {items.length === 0 && <li className="text-sm text-text-2">{t("safety.grants.none")}</li>}
          </ul>
        )}
      </Loaded>
    </Section>
  );
}
