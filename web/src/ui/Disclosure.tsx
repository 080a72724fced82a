import { ChevronRight } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { classes } from "./classes";

/** A line that opens onto more. What is inside is made only once it is open. */
export function Disclosure({
  summary,
  children,
  quiet = false,
}: {
  summary: ReactNode;
  children: ReactNode;
  /** As wide as its words, and no wider. */
  quiet?: boolean;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        className={classes(
          "flex min-h-11 items-center gap-2 rounded-xl text-left text-sm text-text-2 transition-colors duration-150 hover:text-text-1",
          quiet ? "-my-2" : "w-full px-3 py-2",
        )}
      >
        {summary}
        <ChevronRight
          aria-hidden
          className={classes("size-4 shrink-0 transition-transform duration-150", open && "rotate-90", !quiet && "ml-auto")}
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
