import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "@/locales/en.json";
import fr from "@/locales/fr.json";
import problems from "@/locales/problems.fr.json";
import { detectLanguage, type Language, usePreferences } from "@/ui/preferences";

export function chosenLanguage(): Language {
  return usePreferences.getState().language ?? detectLanguage(navigator.languages);
}

export function startTranslations(): void {
  void i18next.use(initReactI18next).init({
    lng: chosenLanguage(),
    fallbackLng: "en",
    resources: { en: { translation: en }, fr: { translation: { ...fr, problems } } },
    interpolation: { escapeValue: false },
  });
  const follow = () => {
    const { theme } = usePreferences.getState();
    const language = chosenLanguage();
    document.documentElement.dataset.theme = theme;
    document.documentElement.lang = language;
    if (i18next.language !== language) void i18next.changeLanguage(language);
  };
  follow();
  usePreferences.subscribe(follow);
}
