import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import en from "@/locales/en.json";
import { detectLanguage, type Language, usePreferences } from "@/ui/preferences";

export function chosenLanguage(): Language {
  return usePreferences.getState().language ?? detectLanguage(navigator.languages);
}

/** English is always there; another language comes when it is wanted. */
async function speak(language: Language): Promise<void> {
  document.documentElement.lang = language;
  if (i18next.language === language) return;
  if (language === "fr") {
    try {
      const { french } = await import("@/locales/french");
      i18next.addResourceBundle("fr", "translation", french, true, true);
    } catch {
      // Without a line to the server the words are those that are here.
    }
  }
  if (chosenLanguage() === language) await i18next.changeLanguage(language);
}

/** Resolves when the words are there. */
export async function startTranslations(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
  });
  const follow = () => {
    document.documentElement.dataset.theme = usePreferences.getState().theme;
    return speak(chosenLanguage());
  };
  usePreferences.subscribe(() => void follow());
  await follow();
}
