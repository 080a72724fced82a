import { useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Coins, LogOut, Settings2, ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useClient } from "@/client/client";
import type { User } from "@/client/types";
import { Menu, MenuContent, MenuItem, MenuLabel, MenuRadioGroup, MenuRadioItem, MenuSeparator, MenuTrigger } from "@/ui/Menu";
import { LANGUAGES, type Language, THEMES, type Theme, usePreferences } from "@/ui/preferences";

export function PreferencesMenu({ user }: { user: User }) {
  const { t, i18n } = useTranslation();
  const { theme, setTheme, setLanguage } = usePreferences();
  const { api, session } = useClient();
  const queries = useQueryClient();
  const go = useNavigate();

  const leave = async () => {
    await api.logout().catch(() => undefined);
    queries.clear();
    session.setState({ status: "out" }, true);
  };

  return (
    <div className="border-t border-line p-2">
      <Menu>
        <MenuTrigger className="flex min-h-12 w-full items-center gap-3 rounded-xl px-2 text-left text-sm transition-colors duration-150 hover:bg-surface-3 data-[state=open]:bg-surface-3">
          <span
            aria-hidden
            className="flex size-8 items-center justify-center rounded-full bg-fill-primary text-sm font-semibold text-on-fill uppercase"
          >
            {user.username.slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1 truncate font-medium">{user.username}</span>
          <Settings2 aria-hidden className="size-4 text-text-2" />
          <span className="sr-only">{t("menu.preferences")}</span>
        </MenuTrigger>
        <MenuContent side="top" align="start" className="w-64">
          <MenuLabel>{t("menu.theme")}</MenuLabel>
          <MenuRadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
            {THEMES.map((name) => (
              <MenuRadioItem key={name} value={name} onSelect={(event) => event.preventDefault()}>
                {t(`menu.themes.${name}`)}
              </MenuRadioItem>
            ))}
          </MenuRadioGroup>
          <MenuSeparator />
          <MenuLabel>{t("menu.language")}</MenuLabel>
          <MenuRadioGroup value={i18n.language} onValueChange={(value) => setLanguage(value as Language)}>
            {LANGUAGES.map((name) => (
              <MenuRadioItem key={name} value={name} lang={name} onSelect={(event) => event.preventDefault()}>
                {t(`menu.languages.${name}`)}
              </MenuRadioItem>
            ))}
          </MenuRadioGroup>
          <MenuSeparator />
          <MenuItem onSelect={() => void go("/settings/models")}>
            <Coins aria-hidden className="size-4" />
            {t("menu.costs")}
          </MenuItem>
          <MenuItem onSelect={() => void go("/settings/schedules")}>
            <CalendarClock aria-hidden className="size-4" />
            {t("menu.schedules")}
          </MenuItem>
          <MenuItem onSelect={() => void go("/settings/safety")}>
            <ShieldCheck aria-hidden className="size-4" />
            {t("menu.safety")}
          </MenuItem>
          <MenuItem onSelect={() => void leave()}>
            <LogOut aria-hidden className="size-4" />
            {t("menu.signOut")}
          </MenuItem>
        </MenuContent>
      </Menu>
    </div>
  );
}
