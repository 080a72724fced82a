import "i18next";
import type costs from "./costs.en.json";
import type en from "./en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en & { costs: typeof costs } };
  }
}
