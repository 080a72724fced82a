import { ChevronRight } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { classes } from "./classes";

/** A line that opens onto more. What is inside is made only once it is open. */
export function Disclosure({
  summary,
  children,
  start = false,
  className,
}: {
  summary: ReactNode;
  children: ReactNode;
  start?: boolean;
  className?: string;
}) {
  const [open, setOpen] = useState(start);
  const id = useId();
  return (
    <div className={className}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        className="flex min-h-11 w-full items-center gap-2 rounded-xl px-3 py-2 text-left text-sm text-text-2 transition-colors duration-150 hover:text-text-1"
      >
        {summary}
        <ChevronRight
          aria-hidden
          className={classes("ml-auto size-4 shrink-0 transition-transform duration-150", open && "rotate-90")}
        />
      </button>
      {open && (
        <div id={id} className="animate-fade">
          {children}
        </div>
      )}
    </div>
  );
}
