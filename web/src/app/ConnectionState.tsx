import { WifiOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useLive } from "@/client/client";

/** Says that the line is broken while it is; silence means that all is well. */
export function ConnectionState() {
  const { t } = useTranslation();
  const broken = useLive((state) => state.connection === "waiting");
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-3 z-30 flex justify-center px-4">
      {broken && (
        <span className="flex animate-rise items-center gap-2 rounded-full border border-control bg-surface-3 px-4 py-2 text-sm shadow-float">
          <WifiOff aria-hidden className="size-4 text-warning" />
          {t("connection.waiting")}
        </span>
      )}
    </div>
  );
}
