/** The words of prompts come with their list: who never types a slash does not load them. */

import i18next from "i18next";
import en from "@/locales/prompts.en.json";
import fr from "@/locales/prompts.fr.json";

i18next.addResourceBundle("en", "translation", { prompts: en }, true);
i18next.addResourceBundle("fr", "translation", { prompts: fr }, true);
