/** Every part in every state, for people who look and for tests that measure. Never in the product's build. */

import { Bell } from "lucide-react";
import { useEffect, useState } from "react";
import { useClient } from "@/client/client";
import { Turn } from "@/features/chat/Turn";
import { Welcome } from "@/features/chat/Welcome";
import { Button, IconButton } from "@/ui/Button";
import { Notice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { LANGUAGES, THEMES, usePreferences } from "@/ui/preferences";
import { RUNS, viewOf } from "./samples";

const LOOKS = ["primary", "success", "danger", "outline", "quiet"] as const;
const TONES = ["error", "warning", "info"] as const;
const nothing = () => undefined;

export default function Gallery() {
  const { live } = useClient();
  const { theme, setTheme, setLanguage } = usePreferences();
  const [ready, setReady] = useState(false);
  useEffect(() => {
    live.store.setState({ runs: Object.fromEntries(RUNS.map((run) => [run.run_id, run])) });
    setReady(true);
  }, [live]);
  return (
    <main className="mx-auto flex max-w-3xl flex-col gap-12 p-4">
      <h1 className="text-2xl font-semibold">Gallery</h1>
      <nav aria-label="Themes and languages" className="flex flex-wrap gap-2">
        {THEMES.map((name) => (
          <Button key={name} aria-pressed={name === theme} onClick={() => setTheme(name)}>
            {name}
          </Button>
        ))}
        {LANGUAGES.map((name) => (
          <Button key={name} onClick={() => setLanguage(name)}>
            {name}
          </Button>
        ))}
      </nav>
      <section className="flex flex-wrap items-center gap-2">
        {LOOKS.map((look) => (
          <Button key={look} look={look}>
            {look}
          </Button>
        ))}
        {LOOKS.map((look) => (
          <IconButton key={look} look={look} label={look} round>
            <Bell aria-hidden className="size-4" />
          </IconButton>
        ))}
        <Spinner />
      </section>
      <section className="flex flex-col gap-2">
        {TONES.map((tone) => (
          <Notice key={tone} tone={tone} title={tone} actions={<Button>Do it</Button>}>
            What happened, and what helps.
          </Notice>
        ))}
      </section>
      <Welcome onGoal={nothing} />
      {ready && RUNS.map((run) => <Turn key={run.run_id} view={viewOf(run)} last onRetry={nothing} onEdit={nothing} />)}
    </main>
  );
}
