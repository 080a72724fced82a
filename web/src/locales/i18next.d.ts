import "i18next";
import type asking from "./asking.en.json";
import type costs from "./costs.en.json";
import type prompts from "./prompts.en.json";
import type safety from "./safety.en.json";
import type schedules from "./schedules.en.json";
import type settings from "./settings.en.json";
import type en from "./en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en & { asking: typeof asking; costs: typeof costs; prompts: typeof prompts; safety: typeof safety; schedules: typeof schedules; settings: typeof settings } };
  }
}
