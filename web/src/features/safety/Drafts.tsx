import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { approveDraft, discardDraft, DRAFTS_STALE, useDrafts } from "@/client/guard";
import type { ToolDraft } from "@/client/types";
import { Button } from "@/ui/Button";
import { NotChanged, Remove } from "@/ui/Change";
import { Disclosure } from "@/ui/Disclosure";
import { Loaded, Section } from "@/ui/Settings";
import { Words } from "./Skills";
import { Changes } from "./Tools";

/** Tools that an agent wrote: nothing loads one before a person has read this very code. */
export function Drafts() {
  const { t } = useTranslation();
  const asked = useDrafts();
  const approve = useChange(approveDraft, DRAFTS_STALE);
  return (
    <Section id="drafts" title={t("safety.drafts.title")} text={t("safety.drafts.text")}>
      <Loaded asked={asked}>
        {({ items }) => (
          <ul className="flex flex-col gap-3">
            {items.map((draft) => (
              <Row key={draft.digest} draft={draft} busy={approve.isPending} onApprove={() => approve.mutate(draft)} />
            ))}
            {items.length === 0 && <li className="text-sm text-text-2">{t("safety.drafts.none")}</li>}
          </ul>
        )}
      </Loaded>
      <NotChanged error={approve.error} />
      <div role="status" className="text-sm empty:hidden">
        {approve.data && <Changes changes={approve.data.items} />}
      </div>
    </Section>
  );
}

function Row({ draft, busy, onApprove }: { draft: ToolDraft; busy: boolean; onApprove(): void }) {
  const { t } = useTranslation();
  return (
    <li className="rounded-2xl border border-warning bg-surface-2 p-4" data-slot="draft">
      <h3 className="font-mono text-sm font-medium wrap-anywhere">{draft.name}</h3>
      <Words label={draft.name} text={draft.code} />
      {draft.test && (
        <Disclosure quiet summary={t("safety.drafts.test")}>
          <Words label={t("safety.drafts.test")} text={draft.test} />
        </Disclosure>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button disabled={busy} onClick={onApprove}>
          {t("safety.drafts.approve")}
        </Button>
        <Remove
          id={draft.name}
          name={draft.name}
          word={t("safety.drafts.discard")}
          title={t("safety.drafts.discardTitle", { name: draft.name })}
          text={t("safety.drafts.discardText")}
          stale={DRAFTS_STALE}
          remove={discardDraft}
        />
      </div>
    </li>
  );
}
