import { ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import { useTranslation } from "react-i18next";
import { removeSkill, SKILLS_STALE, useSkill, useSkills } from "@/client/guard";
import type { SkillShown, SkillWhole } from "@/client/types";
import { Remove } from "@/ui/Change";
import { Disclosure } from "@/ui/Disclosure";
import { Long } from "@/ui/Long";
import { Loaded, Section } from "@/ui/Settings";
import { visible } from "@/ui/visible";
import { AddSkill } from "./AddSkill";
import { Spoiled } from "./Spoiled";

/** Folders of instructions that agents read when they need them. */
export function Skills({ admin }: { admin: boolean }) {
  const { t } = useTranslation();
  const asked = useSkills();
  return (
    <Section id="skills" title={t("safety.skills.title")} text={t("safety.skills.text")}>
      <Loaded asked={asked}>
        {({ items, problems }) => (
          <>
            <Spoiled problems={problems} admin={admin} stale={SKILLS_STALE} remove={removeSkill} />
            <ul className="flex flex-col gap-3">
              {items.map((skill) => (
                <li key={skill.name} className="rounded-2xl border border-line bg-surface-2 p-4" data-slot="skill">
                  <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
                    <Manifest skill={skill} />
                    {admin && (
                      <Remove
                        id={skill.name}
                        name={skill.name}
                        word={t("settings.remove")}
                        title={t("safety.servers.removeTitle", { name: skill.name })}
                        text={t("safety.skills.removeText")}
                        stale={SKILLS_STALE}
                        remove={removeSkill}
                      />
                    )}
                  </div>
                  <Disclosure quiet summary={t("safety.skills.tells")}>
                    <Told name={skill.name} />
                  </Disclosure>
                </li>
              ))}
              {items.length + Object.keys(problems).length === 0 && (
                <li className="text-sm text-text-2">{t("safety.skills.none")}</li>
              )}
            </ul>
          </>
        )}
      </Loaded>
      {admin && <AddSkill />}
    </Section>
  );
}

/** Who signed it: told by a picture, a word, and a colour. */
const SIGNED = {
  trusted: { Icon: ShieldCheck, colour: "text-success" },
  unknown: { Icon: ShieldQuestion, colour: "text-warning" },
  no: { Icon: ShieldAlert, colour: "text-warning" },
} as const;

/** What it is for, what it says it needs, and who stands behind it. */
export function Manifest({ skill }: { skill: SkillShown }) {
  const { t } = useTranslation();
  const { Icon, colour } = SIGNED[skill.signed];
  const facts = [
    skill.needs.length > 0 ? t("safety.skills.needs", { needs: skill.needs.join(", ") }) : t("safety.skills.needsNothing"),
    t("safety.skills.files", { count: skill.files.length }),
    skill.license && t("safety.skills.license", { license: visible(skill.license) }),
    visible(skill.compatibility),
    ...Object.entries(skill.metadata).map(([name, value]) => visible(`${name}: ${value}`)),
  ];
  return (
    <div className="min-w-0 flex-1 basis-56">
      <h3 className="flex flex-wrap items-center gap-x-2 font-medium">
        <Icon aria-hidden className={`size-5 shrink-0 ${colour}`} />
        <span className="min-w-0 wrap-anywhere">{skill.name}</span>
        <span className={`text-sm font-normal ${colour}`} data-slot="signed">
          {t(`safety.skills.signed.${skill.signed}`)}
        </span>
      </h3>
      <p className="mt-0.5 text-sm leading-relaxed wrap-anywhere text-text-2">{visible(skill.description)}</p>
      <p className="mt-0.5 text-xs leading-relaxed wrap-anywhere text-text-2">{facts.filter(Boolean).join(" · ")}</p>
      {skill.key && <p className="mt-0.5 text-xs wrap-anywhere text-text-2">{t("safety.skills.key", { key: skill.key })}</p>}
    </div>
  );
}

function Told({ name }: { name: string }) {
  const asked = useSkill(name);
  return <Loaded asked={asked}>{(skill) => <Instructions skill={skill} />}</Loaded>;
}

/** The words that an agent reads, just as they are, and the files beside them. */
export function Instructions({ skill }: { skill: SkillWhole }) {
  const { t } = useTranslation();
  return (
    <>
      <Words label={t("safety.skills.tells")} text={skill.body} />
      <p className="mt-2 text-xs leading-relaxed wrap-anywhere text-text-2">{skill.files.join(" · ")}</p>
      <p className="mt-1 text-xs wrap-anywhere text-text-2">{t("safety.pinned", { digest: skill.digest })}</p>
    </>
  );
}

/** Somebody's words, exactly: hidden characters are written out. */
export function Words({ label, text }: { label: string; text: string }) {
  return (
    <Long
      text={text}
      label={label}
      className="mt-2 rounded-xl border border-line bg-surface-1 px-4 py-3 font-mono text-[0.8125rem] leading-6 wrap-anywhere whitespace-pre-wrap"
    />
  );
}
