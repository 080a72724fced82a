import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { problemFrom } from "@/client/http";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Spinner } from "@/ui/Spinner";

/** A part of the page, with its heading. */
export function Section({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="text-lg font-semibold">
        {title}
      </h2>
      <p className="mt-1 max-w-2xl text-sm leading-relaxed text-text-2">{text}</p>
      <div className="mt-4 flex flex-col gap-4">{children}</div>
    </section>
  );
}

interface Asked<Data> {
  data: Data | undefined;
  error: Error | null;
  refetch(): unknown;
}

/** What was asked of the server, once it is there. */
export function Loaded<Data>({ asked, children }: { asked: Asked<Data>; children: (data: Data) => ReactNode }) {
  const { t } = useTranslation();
  if (asked.data !== undefined) return children(asked.data);
  if (asked.error) {
    return (
      <ProblemNotice
        title={t("costs.failed")}
        problem={problemFrom(asked.error)}
        actions={<Button onClick={() => void asked.refetch()}>{t("costs.retry")}</Button>}
      />
    );
  }
  return (
    <p role="status" className="flex min-h-11 items-center gap-3 text-sm text-text-2">
      <Spinner />
      {t("app.loading")}
    </p>
  );
}
