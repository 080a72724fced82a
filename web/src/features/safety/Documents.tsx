import { useTranslation } from "react-i18next";
import { DOCUMENTS_STALE, removeDocument, useDocuments } from "@/client/guard";
import type { ApiShown } from "@/client/types";
import { Remove } from "@/ui/Change";
import { Disclosure } from "@/ui/Disclosure";
import { Loaded, Section } from "@/ui/Settings";
import { visible } from "@/ui/visible";
import { AddDocument } from "./AddDocument";
import { Spoiled } from "./Spoiled";

/** APIs that an OpenAPI document describes: each operation is a tool. */
export function Documents({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = useDocuments();
  return (
    <Section id="documents" title={t("safety.documents.title")} text={t("safety.documents.text")}>
      <Loaded asked={asked}>
        {({ items, problems }) => (
          <>
            <Spoiled problems={problems} admin={admin} stale={DOCUMENTS_STALE} remove={removeDocument} />
            <ul className="flex flex-col gap-3">
              {items.map((document) => (
                <Row key={document.name} document={document} admin={admin} />
              ))}
              {items.length + Object.keys(problems).length === 0 && (
                <li className="text-sm text-text-2">{t("safety.documents.none")}</li>
              )}
            </ul>
          </>
        )}
      </Loaded>
      {admin && <AddDocument />}
    </Section>
  );
}

function Row({ document, admin }: { document: ApiShown; admin: boolean }) {
  const { t } = useTranslation();
  const { name, title, server } = document;
  return (
    <li className="rounded-2xl border border-line bg-surface-2 p-4" data-slot="document">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-56">
          <h3 className="font-medium wrap-anywhere">
            {name} {title && <span className="font-normal text-text-2">· {visible(title)}</span>}
          </h3>
          <p className="mt-0.5 text-sm wrap-anywhere text-text-2">{t("safety.documents.calledAt", { server: visible(server) })}</p>
        </div>
        {admin && (
          <Remove
            id={name}
            name={name}
            word={t("settings.remove")}
            title={t("safety.servers.removeTitle", { name })}
            text={t("safety.servers.removeText")}
            stale={DOCUMENTS_STALE}
            remove={removeDocument}
          />
        )}
      </div>
      <Disclosure quiet summary={t("safety.servers.offered", { count: document.tools.length })}>
        <Operations document={document} />
        <p className="mt-3 text-xs wrap-anywhere text-text-2">{t("safety.pinned", { digest: document.digest })}</p>
      </Disclosure>
    </li>
  );
}

/** What a document gives: where each operation goes, what it does there, and what is left out. */
export function Operations({ document }: { document: ApiShown }) {
  const { t } = useTranslation();
  const signs = document.schemes.map((scheme) => {
    const secret = document.secrets[scheme];
    return secret ? t("safety.documents.signs", { scheme: visible(scheme), secret }) : t("safety.documents.unsigned", { scheme: visible(scheme) });
  });
  return (
    <>
      {signs.length > 0 && <p className="mt-2 text-sm wrap-anywhere text-text-2">{signs.join(" · ")}</p>}
      <ul className="mt-2 divide-y divide-line text-sm" data-slot="operations">
        {document.tools.map((tool) => (
          <li key={tool.tool} className="py-2" data-slot="operation">
            <p className="font-mono text-[0.8125rem] wrap-anywhere">
              <span className="font-semibold">{tool.method}</span> {visible(tool.path)}
            </p>
            <p className="mt-0.5 text-xs leading-relaxed wrap-anywhere text-text-2">
              {[
                tool.tool,
                t(`safety.scopes.${tool.scope}`),
                t(`safety.tools.effects.${tool.effects}`),
                tool.signed && t("safety.documents.signed"),
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
            {tool.description && (
              <p lang="en" className="mt-0.5 line-clamp-3 text-xs leading-relaxed wrap-anywhere text-text-2">
                {visible(tool.description)}
              </p>
            )}
          </li>
        ))}
        {Object.entries(document.problems).map(([operation, problem]) => (
          <li key={operation} className="py-2 text-xs leading-relaxed wrap-anywhere text-warning" data-slot="left-out">
            {t("safety.documents.leftOut", { operation: visible(operation) })} <span lang="en">{visible(problem)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
