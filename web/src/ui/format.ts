/** Numbers as people of each language write them. */

import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

export interface Format {
  duration(seconds: number): string;
  number(value: number): string;
  money(dollars: number): string;
  size(bytes: number): string;
  percent(value: number): string;
}

export function formatFor(language: string, t: TFunction): Format {
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  return {
    number: (value) => number(value, 2),
    duration: (seconds) => {
      if (seconds < 1) return t("units.milliseconds", { value: number(seconds * 1000, seconds < 0.01 ? 1 : 0) });
      if (seconds < 60) return t("units.seconds", { value: number(seconds, seconds < 10 ? 1 : 0) });
      const whole = Math.round(seconds);
      return t("units.minutes", { minutes: number(Math.floor(whole / 60)), seconds: whole % 60 });
    },
    money: (dollars) =>
      new Intl.NumberFormat(language, {
        style: "currency",
        currency: "USD",
        maximumFractionDigits: dollars < 0.0001 ? 6 : dollars < 0.1 ? 4 : 2,
      }).format(dollars),
    size: (bytes) => {
      const names = t("units.sizes", { returnObjects: true }) as string[];
      let value = bytes;
      let unit = 0;
      while (value >= 1024 && unit < names.length - 1) {
        value /= 1024;
        unit += 1;
      }
      return `${number(value, unit > 0 && value < 100 ? 1 : 0)}\u00a0${names[unit]}`;
    },
    percent: (value) => new Intl.NumberFormat(language, { style: "percent" }).format(value / 100),
  };
}

export function useFormat(): Format {
  const { t, i18n } = useTranslation();
  return formatFor(i18n.language, t);
}
