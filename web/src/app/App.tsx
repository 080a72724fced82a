import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link, Route, Routes } from "react-router";
import { useClient, useSession } from "@/client/client";
import { ApiError } from "@/client/http";
import { ChatPage } from "@/features/chat/ChatPage";
import { SignIn } from "@/features/sign-in/SignIn";
import { Brand } from "@/ui/Brand";
import { Button } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Shell } from "./Shell";

const ModelsPage = lazy(() => import("@/features/models/ModelsPage").then(({ ModelsPage }) => ({ default: ModelsPage })));
const SafetyPage = lazy(() => import("@/features/safety/SafetyPage").then(({ SafetyPage }) => ({ default: SafetyPage })));
const SchedulesPage = lazy(() => import("@/features/schedules/SchedulesPage").then(({ SchedulesPage }) => ({ default: SchedulesPage })));
const Gallery = import.meta.env.MODE === "production" ? null : lazy(() => import("./gallery/Gallery"));

export function App() {
  const session = useSession();
  const { live } = useClient();
  const queries = useQueryClient();
  useWhoAmI();

  const status = session.status;
  useEffect(() => {
    if (status === "in") live.hurry();
    if (status !== "out") return;
    live.close();
    queries.clear();
  }, [status, live, queries]);

  if (Gallery && location.pathname.startsWith("/gallery")) {
    return (
      <Suspense fallback={<Waiting />}>
        <Gallery />
      </Suspense>
    );
  }
  switch (session.status) {
    case "unknown":
      return <Waiting />;
    case "unreachable":
      return <Unreachable />;
    case "out":
    case "expired":
      return <SignIn expired={session.status === "expired"} />;
    case "in":
      return (
        <Routes>
          <Route element={<Shell user={session.user} />}>
            <Route element={<ChatPage />}>
              <Route index element={null} />
              <Route path="c/:conversation" element={null} />
            </Route>
            <Route
              path="settings/models"
              element={
                <Suspense fallback={<Waiting />}>
                  <ModelsPage />
                </Suspense>
              }
            />
            <Route
              path="settings/schedules"
              element={
                <Suspense fallback={<Waiting />}>
                  <SchedulesPage />
                </Suspense>
              }
            />
            <Route
              path="settings/safety"
              element={
                <Suspense fallback={<Waiting />}>
                  <SafetyPage />
                </Suspense>
              }
            />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      );
  }
}

/** Asks the server once who is here. */
function useWhoAmI(): void {
  const { api, session } = useClient();
  useEffect(() => {
    if (session.getState().status !== "unknown") return;
    api.me().then(
      (user) => session.setState({ status: "in", user }, true),
      (error: unknown) => {
        if (!(error instanceof ApiError && error.status === 401)) session.setState({ status: "unreachable" }, true);
      },
    );
  }, [api, session]);
}

function Waiting() {
  const { t } = useTranslation();
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <Brand className="size-10 animate-breathe" />
      <span className="sr-only" role="status">
        {t("app.loading")}
      </span>
    </main>
  );
}

function Unreachable() {
  const { t } = useTranslation();
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-4 p-6">
      <h1 className="sr-only">{t("app.name")}</h1>
      <Notice
        tone="error"
        title={t("app.unreachable.title")}
        actions={<Button onClick={() => location.reload()}>{t("app.unreachable.retry")}</Button>}
      >
        {t("app.unreachable.text")}
      </Notice>
    </main>
  );
}

function NotFound() {
  const { t } = useTranslation();
  return (
    <main className="flex flex-1 flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-2xl font-semibold">{t("app.notFound.title")}</h1>
      <Link to="/" className="inline-flex min-h-11 items-center text-primary underline underline-offset-4">
        {t("app.notFound.back")}
      </Link>
    </main>
  );
}
