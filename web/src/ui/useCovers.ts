import { useTranslation } from "react-i18next";
import { visible } from "./visible";

const EXACT = /\b[0-9a-f]{64}\b/;
const PLACE = /^(read|change) (https?:\/\/\S+)$/;
const ANY = /^any ([a-z][a-z0-9_]*)$/;
const WEB = /^after reading the web(: [0-9a-f]{12})?$/; // the digest is of what was chosen by what was read

/** What "in this run" and "always" cover, in words: of exactly one call the policy knows only the hash. */
export function useCovers(): (shape: string) => string {
  const { t } = useTranslation();
  const said = (part: string) => {
    const [, kind, place = ""] = PLACE.exec(part) ?? [];
    if (kind) return t(`covers.${kind as "read" | "change"}`, { place });
    const [, tool] = ANY.exec(part) ?? [];
    if (tool) return t("covers.any", { tool });
    const web = WEB.exec(part);
    if (web) return t(web[1] ? "covers.chosen" : "covers.web");
    return part.replace(EXACT, t("covers.exact"));
  };
  return (shape) => visible(shape).split(" + ").map(said).join(" + ");
}
