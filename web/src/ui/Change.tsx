import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Api } from "@/client/http";
import { useChange } from "@/client/change";
import { problemFrom } from "@/client/http";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { ProblemNotice } from "@/ui/ProblemNotice";

/** What went wrong with a change, where something did. */
export function NotChanged({ error }: { error: Error | null }) {
  const { t } = useTranslation();
  if (!error) return null;
  return (
    <div className="mt-3 basis-full">
      <ProblemNotice title={t("settings.notChanged")} problem={problemFrom(error)} alert />
    </div>
  );
}

/** A button that takes something away, once a person has said so twice. */
export function Remove({
  id,
  name,
  word,
  title,
  text,
  stale,
  remove,
}: {
  id: string;
  name: string;
  /** On the button. */
  word: string;
  title: string;
  text: string;
  stale: Parameters<typeof useChange>[1];
  remove(api: Api, id: string): Promise<void>;
}) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const change = useChange(remove, stale);
  return (
    <>
      <Button look="quiet" aria-label={`${word}: ${name}`} disabled={change.isPending} onClick={() => setAsking(true)}>
        {word}
      </Button>
      <NotChanged error={change.error} />
      <Confirm
        open={asking}
        title={title}
        text={text}
        yes={word}
        no={t("settings.cancel")}
        onYes={() => change.mutate(id)}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
