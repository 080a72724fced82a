import type { ComponentProps } from "react";
import { classes } from "./classes";

type Look = "primary" | "success" | "danger" | "outline" | "quiet";

const LOOKS: Record<Look, string> = {
  primary: "bg-fill-primary text-on-fill border-transparent hover:brightness-110",
  success: "bg-fill-success text-on-fill border-transparent hover:brightness-110",
  danger: "bg-fill-error text-on-fill border-transparent hover:brightness-110",
  outline: "border-control text-text-1 hover:bg-surface-3",
  quiet: "border-transparent text-text-2 hover:bg-surface-3 hover:text-text-1",
};

const BASE =
  "inline-flex min-h-11 items-center justify-center gap-2 border text-sm font-medium select-none " +
  "transition-[background-color,color,filter] duration-150 disabled:cursor-not-allowed disabled:opacity-50";

export function Button({ look = "outline", className, ...rest }: ComponentProps<"button"> & { look?: Look }) {
  return <button type="button" className={classes(BASE, LOOKS[look], "rounded-xl px-4", className)} {...rest} />;
}

/** A button with a picture only: its label is read aloud and shown on hover. */
export function IconButton({
  label,
  look = "quiet",
  round = false,
  className,
  ...rest
}: ComponentProps<"button"> & { label: string; look?: Look; round?: boolean }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={classes(BASE, LOOKS[look], "size-11 shrink-0", round ? "rounded-full" : "rounded-xl", className)}
      {...rest}
    />
  );
}
