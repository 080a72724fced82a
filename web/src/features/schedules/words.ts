/** The words of this page come with the page: who never opens it does not load them. */

import i18next from "i18next";
import en from "@/locales/schedules.en.json";
import fr from "@/locales/schedules.fr.json";

i18next.addResourceBundle("en", "translation", { schedules: en }, true);
i18next.addResourceBundle("fr", "translation", { schedules: fr }, true);
