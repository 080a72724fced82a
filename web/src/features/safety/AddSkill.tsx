import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "@/client/change";
import { addSkill, lookAtSkill, SKILLS_STALE, useSkills } from "@/client/guard";
import { Button } from "@/ui/Button";
import { NotChanged } from "@/ui/Change";
import { Disclosure } from "@/ui/Disclosure";
import { Spinner } from "@/ui/Spinner";
import { Choose } from "./Choose";
import { base64, folderOf, textOf } from "./folder";
import { Instructions, Manifest, Words } from "./Skills";

/** A folder of this machine: first read, by the person too, and then added as it was read. */
export function AddSkill() {
  const { t } = useTranslation();
  const [files, setFiles] = useState<Map<string, Uint8Array>>(new Map());
  const [wrong, setWrong] = useState<Error | null>(null);
  const look = useChange(lookAtSkill, []);
  const add = useChange(addSkill, SKILLS_STALE);
  const sent = () => Object.fromEntries([...files].map(([path, bytes]) => [path, base64(bytes)]));
  const drop = () => {
    setFiles(new Map());
    look.reset();
    add.reset();
  };
  const choose = async (chosen: File[]) => {
    drop();
    try {
      const read = await folderOf(chosen);
      setWrong(null);
      setFiles(read);
      look.mutate({ files: Object.fromEntries([...read].map(([path, bytes]) => [path, base64(bytes)])) });
    } catch (error) {
      setWrong(error instanceof RangeError ? new Error(t("safety.skills.tooMuch")) : (error as Error));
    }
  };
  const skill = look.data;
  const before = useSkills().data?.items.find(({ name }) => name === skill?.name);
  return (
    <div className="flex flex-col gap-4" data-slot="add-skill">
      {skill ? (
        <div className="flex flex-col gap-4 rounded-2xl border border-control bg-surface-2 p-4" data-slot="looked-skill">
          <div role="status">
            <Manifest skill={skill} />
          </div>
          <div>
            <p className="text-sm font-medium">{t("safety.skills.tells")}</p>
            <Instructions skill={skill} />
            {[...files].map(([path, bytes]) => path !== "SKILL.md" && <Beside key={path} path={path} bytes={bytes} />)}
          </div>
          <p className="text-sm text-text-2">{t(skill.signed === "trusted" ? "safety.skills.wantedSigned" : "safety.skills.wanted")}</p>
          {before && <p className="text-sm text-warning">{t(before.digest === skill.digest ? "safety.same" : "safety.replaces", { digest: before.digest })}</p>}
          <NotChanged error={add.error} />
          <div className="flex flex-wrap gap-2">
            <Button
              look="primary"
              disabled={add.isPending}
              onClick={() => add.mutate({ files: sent(), unsigned: skill.signed !== "trusted", replace: !!before }, { onSuccess: drop })}
            >
              {add.isPending && <Spinner />}
              {t(skill.signed === "trusted" ? "safety.skills.add" : "safety.skills.read")}
            </Button>
            <Button look="quiet" onClick={drop}>
              {t("settings.cancel")}
            </Button>
          </div>
        </div>
      ) : (
        <div className="flex flex-wrap items-center gap-2">
          <Choose word={t("safety.skills.folder")} folder onChosen={(chosen) => void choose(chosen)} />
          <Choose word={t("safety.skills.one")} accept=".md" onChosen={(chosen) => void choose(chosen)} />
          {look.isPending && <Spinner />}
        </div>
      )}
      <NotChanged error={wrong ?? look.error} />
    </div>
  );
}

/** A file beside the instructions, where it is a text. */
function Beside({ path, bytes }: { path: string; bytes: Uint8Array }) {
  const text = textOf(bytes);
  if (text === null) return null;
  return (
    <Disclosure quiet summary={<span className="font-mono wrap-anywhere">{path}</span>}>
      <Words label={path} text={text} />
    </Disclosure>
  );
}
