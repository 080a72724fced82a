import { KeyRound, Link2 } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "@/client/client";
import { ApiError, problemFrom } from "@/client/http";
import type { Problem } from "@/client/types";
import { Brand } from "@/ui/Brand";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { ProblemNotice } from "@/ui/ProblemNotice";
import { Spinner } from "@/ui/Spinner";
import { LANGUAGES, usePreferences } from "@/ui/preferences";

export function SignIn({ expired }: { expired: boolean }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = `${t("signIn.title")} · ${t("app.name")}`;
  }, [t]);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-8 px-5 py-10 md:max-w-4xl">
      <header className="flex flex-col items-center gap-4 text-center">
        <Brand className="size-14" />
        <div>
          <h1 className="text-3xl font-semibold tracking-tight">{t("app.name")}</h1>
          <p className="mt-2 text-text-2">{t("signIn.lead")}</p>
        </div>
      </header>
      {expired && <Notice tone="info" title={t("signIn.expired")} alert />}
      <div className="grid divide-y divide-line overflow-hidden rounded-3xl border border-line bg-surface-2 md:grid-cols-2 md:divide-x md:divide-y-0">
        <LinkWay />
        <PasswordWay />
      </div>
      <Languages />
    </main>
  );
}

function LinkWay() {
  const { t } = useTranslation();
  const [before, command, after] = t("signIn.link.again").split("`");
  return (
    <section className="min-w-0 p-6 md:p-8">
      <h2 className="flex items-center gap-2.5 font-semibold">
        <Link2 aria-hidden className="size-5 text-primary" />
        {t("signIn.link.title")}
      </h2>
      <p className="mt-2 text-sm leading-relaxed text-text-2">{t("signIn.link.text")}</p>
      <figure className="mt-4 overflow-hidden rounded-xl border border-line bg-surface-1">
        <figcaption className="border-b border-line px-4 py-2 text-xs text-text-2">{t("signIn.link.where")}</figcaption>
        <pre className="overflow-hidden px-4 py-3 font-mono text-xs leading-6 whitespace-pre-wrap">
          <span className="text-text-2">$ ./run{"\n"}</span>
          <span className="text-success">{location.origin}/sign-in?token=…</span>
        </pre>
      </figure>
      <p className="mt-3 text-sm leading-relaxed text-text-2">
        {before}
        <code className="rounded-md bg-surface-3 px-1.5 py-0.5 font-mono text-xs whitespace-nowrap">{command}</code>
        {after}
      </p>
    </section>
  );
}

function PasswordWay() {
  const { t } = useTranslation();
  const { api, session } = useClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      const { user } = await api.login(String(form.get("username")), String(form.get("password")));
      session.setState({ status: "in", user }, true);
    } catch (error) {
      const wrong = error instanceof ApiError && error.status === 401;
      setProblem(wrong ? { code: "refused", detail: t("signIn.password.refused") } : problemFrom(error));
      setBusy(false);
    }
  };

  return (
    <section className="min-w-0 p-6 md:p-8">
      <h2 className="flex items-center gap-2.5 font-semibold">
        <KeyRound aria-hidden className="size-5 text-primary" />
        {t("signIn.password.title")}
      </h2>
      <form onSubmit={(event) => void submit(event)} className="mt-4 flex flex-col gap-4">
        <Field name="username" label={t("signIn.password.username")} complete="username" />
        <Field name="password" label={t("signIn.password.password")} complete="current-password" type="password" />
        {problem && <ProblemNotice title={t("signIn.password.failed")} problem={problem} alert />}
        <Button type="submit" look="primary" disabled={busy} className="w-full">
          {busy && <Spinner />}
          {busy ? t("signIn.password.submitting") : t("signIn.password.submit")}
        </Button>
      </form>
    </section>
  );
}

function Field({ name, label, complete, type }: { name: string; label: string; complete: string; type?: string }) {
  return (
    <label className="flex flex-col gap-1.5 text-sm font-medium">
      {label}
      <input
        name={name}
        type={type ?? "text"}
        autoComplete={complete}
        autoCapitalize="none"
        spellCheck={false}
        required
        className="min-h-11 rounded-xl border border-control bg-surface-1 px-3.5 text-base font-normal"
      />
    </label>
  );
}

function Languages() {
  const { t, i18n } = useTranslation();
  const { setLanguage } = usePreferences();
  return (
    <nav aria-label={t("menu.language")} className="flex justify-center gap-1">
      {LANGUAGES.map((name) => (
        <Button
          key={name}
          look="quiet"
          lang={name}
          aria-pressed={i18n.language === name}
          className="aria-pressed:text-text-1 aria-pressed:underline aria-pressed:underline-offset-4"
          onClick={() => setLanguage(name)}
        >
          {t(`menu.languages.${name}`)}
        </Button>
      ))}
    </nav>
  );
}
