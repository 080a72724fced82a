import { Menu as MenuIcon, SquarePen } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Outlet, useLocation } from "react-router";
import { useActiveRuns } from "@/client/queries";
import type { User } from "@/client/types";
import { ConversationList } from "@/features/conversations/ConversationList";
import { PreferencesMenu } from "@/features/preferences/PreferencesMenu";
import { Brand } from "@/ui/Brand";
import { IconButton } from "@/ui/Button";
import { Drawer } from "@/ui/Dialog";
import { ConnectionState } from "./ConnectionState";

/** The frame around every page: conversations at the side, or in a drawer where the screen is narrow. */
export function Shell({ user }: { user: User }) {
  const { t } = useTranslation();
  const [drawer, setDrawer] = useState(false);
  const place = useLocation();
  useActiveRuns();
  useEffect(() => setDrawer(false), [place]);

  const side = (
    <>
      <div className="flex items-center gap-2.5 px-4 pt-4 pb-2">
        <Brand className="size-8" />
        <span className="font-semibold tracking-tight">{t("app.name")}</span>
      </div>
      <ConversationList />
      <PreferencesMenu user={user} />
    </>
  );

  return (
    <div className="flex h-dvh overflow-hidden">
      <a
        href="#conversation"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-xl bg-fill-primary px-4 py-3 text-on-fill focus:translate-y-0"
      >
        {t("app.skip")}
      </a>
      <aside
        aria-label={t("menu.title")}
        className="hidden w-72 shrink-0 flex-col border-r border-line bg-surface-2 lg:flex"
      >
        {side}
      </aside>
      <Drawer open={drawer} title={t("menu.title")} onClose={() => setDrawer(false)}>
        {side}
      </Drawer>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex items-center justify-between gap-2 border-b border-line px-2 py-1 lg:hidden">
          <IconButton label={t("menu.open")} onClick={() => setDrawer(true)}>
            <MenuIcon aria-hidden className="size-5" />
          </IconButton>
          <span className="flex items-center gap-2 text-sm font-semibold">
            <Brand className="size-6" />
            {t("app.name")}
          </span>
          <Link
            to="/"
            aria-label={t("conversations.new")}
            title={t("conversations.new")}
            className="inline-flex size-11 items-center justify-center rounded-xl text-text-2 hover:bg-surface-3 hover:text-text-1"
          >
            <SquarePen aria-hidden className="size-5" />
          </Link>
        </header>
        <ConnectionState />
        <Outlet />
      </div>
    </div>
  );
}
