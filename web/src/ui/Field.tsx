import { Check } from "lucide-react";
import { type ComponentProps, useId } from "react";
import { classes } from "./classes";

const LABEL = "flex min-w-0 flex-col gap-1.5 text-sm font-medium";
const INPUT = "min-h-11 w-full min-w-0 rounded-xl border border-control bg-surface-1 px-3.5 text-base font-normal text-text-1";

/** A line to write in, under its name. */
export function TextField({
  label,
  hint,
  className,
  ...rest
}: ComponentProps<"input"> & { label: string; hint?: string | undefined }) {
  const id = useId();
  return (
    <label className={classes(LABEL, className)}>
      {label}
      <input
        type="text"
        autoCapitalize="none"
        spellCheck={false}
        aria-describedby={hint ? id : undefined}
        className={INPUT}
        {...rest}
      />
      {hint && (
        <span id={id} className="text-xs font-normal text-text-2">
          {hint}
        </span>
      )}
    </label>
  );
}

/** Lines to write in, letter by letter as they will be read. */
export function AreaField({ label, className, ...rest }: ComponentProps<"textarea"> & { label: string }) {
  return (
    <label className={classes(LABEL, className)}>
      {label}
      <textarea
        spellCheck={false}
        autoCapitalize="none"
        className="field-sizing-content max-h-80 min-h-11 w-full min-w-0 rounded-xl border border-control bg-surface-1 px-3.5 py-2 font-mono text-[0.8125rem] leading-6 font-normal text-text-1"
        {...rest}
      />
    </label>
  );
}

/** One of a few, under their name. */
export function SelectField({ label, className, children, ...rest }: ComponentProps<"select"> & { label: string }) {
  return (
    <label className={classes(LABEL, className)}>
      {label}
      <select className={INPUT} {...rest}>
        {children}
      </select>
    </label>
  );
}

/** Yes or no. The whole line can be pressed. */
export function CheckField({ label, ...rest }: ComponentProps<"input"> & { label: string }) {
  return (
    <label className="flex min-h-11 cursor-pointer items-center gap-3 text-sm">
      <span className="relative flex size-11 shrink-0 items-center justify-center">
        <input type="checkbox" className="peer absolute inset-0 size-11 cursor-pointer appearance-none rounded-xl" {...rest} />
        <span
          aria-hidden
          className="pointer-events-none flex size-6 items-center justify-center rounded-md border border-control bg-surface-1 text-transparent peer-checked:border-transparent peer-checked:bg-fill-primary peer-checked:text-on-fill peer-disabled:opacity-50"
        >
          <Check className="size-4" />
        </span>
      </span>
      {label}
    </label>
  );
}
