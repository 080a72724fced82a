import { create } from "zustand";
import { persist } from "zustand/middleware";

export const THEMES = ["dark", "light", "contrast"] as const;
export const LANGUAGES = ["en", "fr"] as const;

export type Theme = (typeof THEMES)[number];
export type Language = (typeof LANGUAGES)[number];

interface Preferences {
  theme: Theme;
  /** null: as the browser says. */
  language: Language | null;
  model: string;
  setTheme(theme: Theme): void;
  setLanguage(language: Language): void;
  setModel(model: string): void;
}

/** What this browser remembers of its person; public/early.js reads the same key before the first paint. */
export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      theme: "dark",
      language: null,
      model: "auto",
      setTheme: (theme) => set({ theme }),
      setLanguage: (language) => set({ language }),
      setModel: (model) => set({ model }),
    }),
    {
      name: "preferences",
      partialize: ({ theme, language, model }) => ({ theme, language, model }),
    },
  ),
);

export function detectLanguage(languages: readonly string[]): Language {
  for (const name of languages) {
    const found = LANGUAGES.find((language) => name.toLowerCase().startsWith(language));
    if (found) return found;
  }
  return "en";
}
