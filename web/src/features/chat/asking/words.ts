/** The words of a question come with its card: a conversation without one does not load them. */

import i18next from "i18next";
import en from "@/locales/asking.en.json";
import fr from "@/locales/asking.fr.json";

i18next.addResourceBundle("en", "translation", { asking: en }, true);
i18next.addResourceBundle("fr", "translation", { asking: fr }, true);
