/** What the pages of settings are made of. Their common words come with the first of them. */

import i18next from "i18next";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { problemFrom } from "@/client/http";
import en from "@/locales/settings.en.json";
import fr from "@/locales/settings.fr.json";
import { Button } from "@/ui/Button";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Spinner } from "@/ui/Spinner";

i18next.addResourceBundle("en", "translation", { settings: en }, true);
i18next.addResourceBundle("fr", "translation", { settings: fr }, true);

/** A page of settings; who may not change them is told. A long one begins with its parts, each by its id and title. */
export function SettingsPage({
  title,
  admin,
  parts = {},
  children,
}: {
  title: string;
  admin: boolean;
  parts?: Record<string, string>;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <main id="conversation" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
      <div className="mx-auto flex max-w-4xl flex-col gap-10 px-4 py-8 sm:px-6">
        <div>
          <Link to="/" className="inline-flex min-h-11 items-center text-sm text-primary underline underline-offset-4">
            {t("settings.back")}
          </Link>
          <h1 className="mt-1 text-2xl font-semibold tracking-tight">{title}</h1>
          {!admin && <p className="mt-2 text-sm text-text-2">{t("settings.lookOnly")}</p>}
          {Object.keys(parts).length > 0 && (
            <nav aria-label={title} className="mt-2 flex flex-wrap gap-x-5">
              {Object.entries(parts).map(([id, name]) => (
                <a key={id} href={`#${id}`} className="inline-flex min-h-11 min-w-11 items-center text-sm text-primary underline underline-offset-4">
                  {name}
                </a>
              ))}
            </nav>
          )}
        </div>
        {children}
      </div>
    </main>
  );
}

/** A part of the page, with its heading. */
export function Section({ id: part, title, text, children }: { id?: string; title: string; text: string; children: ReactNode }) {
  const id = useId();
  return (
    <section id={part} aria-labelledby={id} className="scroll-mt-4">
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
        title={t("settings.failed")}
        problem={problemFrom(asked.error)}
        actions={<Button onClick={() => void asked.refetch()}>{t("settings.retry")}</Button>}
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
