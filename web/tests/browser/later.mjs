// What the simulated server says of what is to happen later: one of each kind.

const timing = { at: null, every: 0, days: [], date: 0, hour: -1, minute: 0, zone: "", path: "" };
const one = { kind: "task", subject: "user_1", set_at: "2026-11-01T08:00:00Z", next: null, last: null, paused: false, fired: 0, run_id: "", ended: "" };

const SCHEDULES = [
  { ...one, id: "weekly", text: "Check the backups", when: "every Monday at 09:00", timing: { ...timing, days: [0], hour: 9, zone: "Europe/Paris" }, next: "2026-11-23T08:00:00Z", last: "2026-11-16T08:00:00Z", fired: 3, run_id: "run_late" },
  { ...one, id: "hours", text: "List the files larger than 1 GB in_a_folder_with_a_very_long_name_indeed", when: "every 2 hours", timing: { ...timing, every: 7200 }, paused: true },
  { ...one, id: "file", text: "Chart the report", when: "whenever report.csv changes", timing: { ...timing, path: "report.csv" } },
  { ...one, id: "once", kind: "reminder", text: "Call Ada", when: "on 2026-11-01 at 09:00", timing: { ...timing, at: "2026-11-01T09:00:00Z" }, last: "2026-11-01T09:00:00Z", fired: 1, ended: "done" },
];
const RUN = { run_id: "run_late", conversation_id: "conversation_late", status: "waiting" };

export const LATER = /^\/schedules|^\/runs\/run_late$/;

/** What is answered. */
export function later(method, path, body) {
  if (path.startsWith("/runs/")) return [200, RUN];
  if (method === "GET") return [200, { items: SCHEDULES }];
  const [, , id, action] = path.split("/");
  if (!id && body.when === "sometimes") {
    return [422, { code: "invalid_input", detail: "'sometimes' is no time that is understood.", hint: "For instance: every Monday at 9." }];
  }
  const found = SCHEDULES.find((each) => each.id === id) ?? { ...SCHEDULES[0], ...body };
  return [200, { ...found, paused: action === "pause" }];
}
