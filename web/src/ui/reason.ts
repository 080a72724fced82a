/** Why the policy decides so: in the person's language where its code is known, else as the server says it. */

import i18next from "i18next";
import { useTranslation } from "react-i18next";
import reasons from "@/locales/reasons.fr.json";

i18next.addResourceBundle("fr", "translation", { reasons }, true);

interface Said {
  code: string;
  reason: string;
  alternative: string;
  details: Record<string, string>;
}

export function useReason(said: Said): { reason: string; alternative: string } {
  const { t, i18n } = useTranslation();
  const say = (part: "reason" | "alternative") => {
    const key = `reasons.${said.code}.${part}`;
    const known = i18n.exists(key, { fallbackLng: [] });
    return known ? (t as (key: string, values: object) => string)(key, said.details) : said[part];
  };
  return { reason: say("reason"), alternative: say("alternative") };
}
