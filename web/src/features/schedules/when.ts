/** When something is to happen, as people of each language say it. */

import type { TFunction } from "i18next";
import type { Timing } from "@/client/types";

const SPANS = [
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

export function said(timing: Timing, t: TFunction, language: string): string {
  const when = plain(timing, t, language);
  return timing.zone ? t("schedules.when.zone", { when, zone: timing.zone }) : when;
}

export function moment(at: string, language: string): string {
  return new Date(at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

function plain(timing: Timing, t: TFunction, language: string): string {
  const { at, every, days, date, hour, minute, path } = timing;
  if (path) return t("schedules.when.changes", { path });
  if (at) return t("schedules.when.once", { moment: moment(at, language) });
  if (every) return span(every, t, language);
  const time = new Date(2024, 0, 1, hour, minute).toLocaleTimeString(language, { timeStyle: "short" });
  if (date) return t("schedules.when.monthly", { day: date, time });
  if (days.length === 0) return t("schedules.when.daily", { time });
  const names = days.map((day) => new Date(2024, 0, 1 + day).toLocaleDateString(language, { weekday: "long" })); // a Monday
  return t("schedules.when.weekly", { days: new Intl.ListFormat(language).format(names), time });
}

function span(seconds: number, t: TFunction, language: string): string {
  const [unit, length] = SPANS.find(([, length]) => seconds % length === 0) ?? SPANS[3];
  if (seconds === length) return t(`schedules.when.each.${unit}`);
  const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" });
  return t(`schedules.when.every.${unit}`, { span: format.format(seconds / length) });
}
