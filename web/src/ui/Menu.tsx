import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "./classes";

const ITEM =
  "flex min-h-11 cursor-pointer items-center gap-3 rounded-lg px-3 py-2 text-sm outline-none select-none " +
  "data-highlighted:bg-surface-3 data-disabled:pointer-events-none data-disabled:opacity-50";

/** Not modal: the page behind stays there for those who listen to it. */
export function Menu(props: ComponentProps<typeof DropdownMenu.Root>) {
  return <DropdownMenu.Root modal={false} {...props} />;
}

export const MenuTrigger = DropdownMenu.Trigger;
/** A trigger that shows what is chosen. */
export function MenuPill({ label, name, className }: { label: string; name: string; className?: string }) {
  return (
    <DropdownMenu.Trigger
      aria-label={label}
      className={classes(
        "flex min-h-11 min-w-0 items-center gap-1.5 rounded-full px-3 text-sm text-text-2 transition-colors duration-150",
        "hover:bg-surface-3 hover:text-text-1 data-[state=open]:bg-surface-3",
        className,
      )}
    >
      <span className="truncate">{name}</span>
      <ChevronDown aria-hidden className="size-4 shrink-0" />
    </DropdownMenu.Trigger>
  );
}

export const MenuRadioGroup = DropdownMenu.RadioGroup;

export function MenuContent({ className, ...rest }: ComponentProps<typeof DropdownMenu.Content>) {
  return (
    <DropdownMenu.Portal>
      <DropdownMenu.Content
        sideOffset={6}
        collisionPadding={8}
        className={classes(
          "z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-52 animate-fade",
          "overflow-y-auto rounded-2xl border border-line bg-surface-2 p-1.5 text-text-1 shadow-float",
          className,
        )}
        {...rest}
      />
    </DropdownMenu.Portal>
  );
}

export function MenuItem({
  tone,
  className,
  ...rest
}: ComponentProps<typeof DropdownMenu.Item> & { tone?: "danger" }) {
  return <DropdownMenu.Item className={classes(ITEM, tone === "danger" && "text-error", className)} {...rest} />;
}

export function MenuRadioItem({
  children,
  detail,
  ...rest
}: ComponentProps<typeof DropdownMenu.RadioItem> & { detail?: ReactNode }) {
  return (
    <DropdownMenu.RadioItem className={ITEM} {...rest}>
      <span className="flex size-4 shrink-0 items-center justify-center text-primary">
        <DropdownMenu.ItemIndicator>
          <Check aria-hidden className="size-4" />
        </DropdownMenu.ItemIndicator>
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate">{children}</span>
        {detail && <span className="mt-0.5 block text-xs leading-relaxed text-text-2">{detail}</span>}
      </span>
    </DropdownMenu.RadioItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Label className="px-3 pt-2 pb-1 text-xs font-medium text-text-2">{children}</DropdownMenu.Label>
  );
}

export function MenuSeparator() {
  return <DropdownMenu.Separator className="mx-2 my-1.5 h-px bg-line" />;
}
