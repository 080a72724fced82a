/** The words of this page come with the page: who never opens it does not load them. */

import i18next from "i18next";
import en from "@/locales/safety.en.json";
import fr from "@/locales/safety.fr.json";

i18next.addResourceBundle("en", "translation", { safety: en }, true);
i18next.addResourceBundle("fr", "translation", { safety: fr }, true);
