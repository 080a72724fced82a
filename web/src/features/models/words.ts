/** The words of this page come with the page: who never opens it does not load them. */

import i18next from "i18next";
import en from "@/locales/costs.en.json";
import fr from "@/locales/costs.fr.json";

i18next.addResourceBundle("en", "translation", { costs: en }, true);
i18next.addResourceBundle("fr", "translation", { costs: fr }, true);
