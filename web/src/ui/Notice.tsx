import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./classes";

const TONES = {
  error: { Icon: CircleAlert, colour: "text-error", edge: "border-l-error" },
  warning: { Icon: TriangleAlert, colour: "text-warning", edge: "border-l-warning" },
  info: { Icon: Info, colour: "text-info", edge: "border-l-info" },
} as const;

/** Something the person should know, with what to do about it. */
export function Notice({
  tone,
  title,
  children,
  actions,
  alert = false,
}: {
  tone: keyof typeof TONES;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  alert?: boolean;
}) {
  const { Icon, colour, edge } = TONES[tone];
  return (
    <div
      role={alert ? "alert" : undefined}
      className={classes("animate-fade rounded-xl border border-l-4 border-line bg-surface-2 px-4 py-3", edge)}
    >
      <div className="flex gap-3">
        <Icon aria-hidden className={classes("mt-0.5 size-5 shrink-0", colour)} />
        <div className="min-w-0 flex-1 text-sm leading-relaxed">
          <p className="font-medium">{title}</p>
          {children && <div className="mt-0.5 break-words text-text-2">{children}</div>}
          {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
        </div>
      </div>
    </div>
  );
}
