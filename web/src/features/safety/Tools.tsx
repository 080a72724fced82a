import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { reloadTools, TOOLS_STALE, useTools } from "@/client/guard";
import type { Tool, ToolChange, ToolList } from "@/client/types";
import { Button } from "@/ui/Button";
import { Disclosure } from "@/ui/Disclosure";
import { useFormat } from "@/ui/format";
import { Notice } from "@/ui/Notice";
import { Loaded, Section } from "@/ui/Settings";
import { Spinner } from "@/ui/Spinner";
import { NotChanged } from "@/ui/Change";

/** What there is to call, by category; and what could not be loaded. */
export function Tools({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = useTools();
  return (
    <Section id="tools" title={t("safety.tools.title")} text={t("safety.tools.text")}>
      <Loaded asked={asked}>{(found) => <Categories found={found} />}</Loaded>
      {admin && <Reload />}
    </Section>
  );
}

function Categories({ found }: { found: ToolList }) {
  const { t, i18n } = useTranslation();
  const categories = new Map<string, Tool[]>();
  for (const tool of found.items) {
    const key = `safety.categories.${tool.category}`;
    const name = i18n.exists(key) ? (t as (key: string) => string)(key) : tool.category;
    categories.set(name, [...(categories.get(name) ?? []), tool]);
  }
  const names = [...categories.keys()].sort((one, other) => one.localeCompare(other));
  return (
    <>
      {Object.entries(found.problems).map(([source, problem]) => (
        <Notice key={source} tone="warning" title={t("safety.tools.broken", { source })}>
          <p lang="en" className="wrap-anywhere">
            {problem}
          </p>
        </Notice>
      ))}
      <ul className="divide-y divide-line rounded-2xl border border-line bg-surface-2">
        {names.map((name) => (
          <li key={name} data-slot="category">
            <Disclosure
              summary={
                <span className="min-w-0 flex-1">
                  <span className="font-medium text-text-1">{name}</span>{" "}
                  <span className="ml-1">{t("safety.tools.count", { count: categories.get(name)!.length })}</span>
                </span>
              }
            >
              <ul className="divide-y divide-line border-t border-line">
                {categories.get(name)!.map((tool) => (
                  <ToolRow key={tool.name} tool={tool} />
                ))}
              </ul>
            </Disclosure>
          </li>
        ))}
      </ul>
    </>
  );
}

function ToolRow({ tool }: { tool: Tool }) {
  const { t } = useTranslation();
  const format = useFormat();
  const facts = [
    t(`safety.scopes.${tool.scope}`),
    t(`safety.tools.effects.${tool.effects}`),
    t(`tool.places.${tool.place}`, { level: tool.sandbox }),
    t("safety.tools.from", { source: tool.source }),
  ];
  return (
    <li className="px-4 py-3" data-slot="known-tool">
      <h3 className="font-mono text-sm font-medium wrap-anywhere">{tool.name}</h3>
      {tool.description && (
        <p lang="en" className="mt-1 text-sm leading-relaxed break-words text-text-2">
          {tool.description}
        </p>
      )}
      <p className="mt-1 text-xs leading-relaxed wrap-anywhere text-text-2">{facts.join(" · ")}</p>
      <p className="mt-1 text-xs leading-relaxed text-text-2 tabular-nums">
        {tool.calls === 0
          ? t("safety.tools.unused")
          : [
              t("safety.tools.calls", { count: tool.calls }),
              t("safety.tools.failures", { count: tool.failures }),
              t("safety.tools.each", { time: format.duration(tool.seconds / tool.calls) }),
            ].join(" · ")}
      </p>
    </li>
  );
}

function Reload() {
  const { t } = useTranslation();
  const reload = useChange((api, _: null) => reloadTools(api), TOOLS_STALE);
  return (
    <div>
      <Button disabled={reload.isPending} onClick={() => reload.mutate(null)}>
        {reload.isPending && <Spinner />}
        {t("safety.tools.reload")}
      </Button>
      <NotChanged error={reload.error} />
      <div role="status" className="mt-2 text-sm empty:hidden">
        {reload.data && <Changes changes={reload.data.items} />}
      </div>
    </div>
  );
}

/** What came of loading tools. */
export function Changes({ changes }: { changes: ToolChange[] }) {
  const { t } = useTranslation();
  if (changes.length === 0) return <p className="text-text-2">{t("safety.tools.same")}</p>;
  return (
    <ul>
      {changes.map(({ source, what, tools, problem }) => (
        <li key={source} className={what === "broken" ? "text-warning" : "text-success"}>
          <span className="wrap-anywhere">
            {t(`safety.tools.what.${what}`, { source })} {problem || tools.join(", ")}
          </span>
        </li>
      ))}
    </ul>
  );
}
