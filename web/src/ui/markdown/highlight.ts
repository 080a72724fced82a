/** A worker that colours code, so that the page never waits for it. No WebAssembly: the policy forbids eval. */

import type { HighlighterCore } from "shiki/core";
import { createCssVariablesTheme, createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import type { Coloured, Line, Uncoloured } from "./colours";

const LANGUAGES = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  docker: () => import("shiki/langs/docker.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
} as const;

type Language = keyof typeof LANGUAGES;

const OTHER_NAMES: Record<string, Language> = {
  sh: "bash",
  shell: "bash",
  console: "bash",
  zsh: "bash",
  h: "c",
  patch: "diff",
  dockerfile: "docker",
  golang: "go",
  js: "javascript",
  mjs: "javascript",
  jsx: "tsx",
  jsonc: "json",
  md: "markdown",
  py: "python",
  python3: "python",
  rs: "rust",
  ts: "typescript",
  svg: "xml",
  yml: "yaml",
};

const THEME = createCssVariablesTheme({ name: "palette", variablePrefix: "--code-" });
const MOST_LINES = 3_000;
const LONGEST_LINE = 2_000;

let highlighter: Promise<HighlighterCore> | null = null;

function theHighlighter(): Promise<HighlighterCore> {
  highlighter ??= createHighlighterCore({
    themes: [THEME],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  return highlighter;
}

function known(name: string): Language | null {
  const lower = name.toLowerCase();
  if (lower in LANGUAGES) return lower as Language;
  return OTHER_NAMES[lower] ?? null;
}

/** The lines with their colours, or null where the language is unknown or the code too long to be worth it. */
async function highlight(code: string, name: string): Promise<Line[] | null> {
  const lang = known(name);
  const source = code.split("\n");
  if (!lang || source.length > MOST_LINES || source.some((line) => line.length > LONGEST_LINE)) return null;
  const [shiki, grammar] = await Promise.all([theHighlighter(), LANGUAGES[lang]()]);
  await shiki.loadLanguage(grammar.default);
  const tokens = shiki.codeToTokensBase(code, { lang, theme: "palette" });
  return tokens.map((line) => line.map(({ content, color }) => ({ text: content, colour: color })));
}

self.onmessage = async ({ data: { id, code, language } }: MessageEvent<Uncoloured>) => {
  const lines = await highlight(code, language).catch((error: unknown) => {
    console.warn("This code keeps one colour:", error);
    return null;
  });
  self.postMessage({ id, lines } satisfies Coloured);
};
