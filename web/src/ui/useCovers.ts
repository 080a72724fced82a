import { useTranslation } from "react-i18next";
import { visible } from "./visible";

const EXACT = /\b[0-9a-f]{64}\b/;

/** What "in this run" and "always" cover, in words: of exactly one call the policy knows only the hash. */
export function useCovers(): (shape: string) => string {
  const { t } = useTranslation();
  return (shape) => visible(shape).replace(EXACT, t("covers.exact"));
}
