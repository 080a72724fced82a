import { useTranslation } from "react-i18next";
import { Remove } from "@/ui/Change";
import { Notice } from "@/ui/Notice";

/** What was added and is not as it was: it offers nothing, until it is removed or added again. */
export function Spoiled({
  problems,
  admin,
  ...rest
}: {
  /** By `kind:name`. */
  problems: Record<string, string>;
  admin: boolean;
} & Pick<Parameters<typeof Remove>[0], "stale" | "remove">) {
  const { t } = useTranslation();
  return Object.entries(problems).map(([source, problem]) => {
    const name = source.slice(source.indexOf(":") + 1);
    return (
      <div key={source} data-slot="spoiled">
        <Notice
          tone="warning"
          title={t("safety.spoiled", { name })}
          actions={
            admin && (
              <Remove
                id={name}
                name={name}
                word={t("settings.remove")}
                title={t("safety.servers.removeTitle", { name })}
                text={t("safety.spoiledText")}
                {...rest}
              />
            )
          }
        >
          <p lang="en" className="wrap-anywhere">
            {problem}
          </p>
        </Notice>
      </div>
    );
  });
}
