/** Asks the worker for the colours of code; it starts with the first block that has ended. */

export type Line = { text: string; colour: string | undefined }[];

export interface Uncoloured {
  id: number;
  code: string;
  language: string;
}

export interface Coloured {
  id: number;
  lines: Line[] | null;
}

let worker: Worker | null = null;
let asked = 0;
const waiting = new Map<number, (lines: Line[] | null) => void>();

function theWorker(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL("./highlight.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data: { id, lines } }: MessageEvent<Coloured>) => {
    waiting.get(id)?.(lines);
    waiting.delete(id);
  };
  return worker;
}

export function colours(code: string, language: string, take: (lines: Line[] | null) => void): () => void {
  const id = ++asked;
  waiting.set(id, take);
  theWorker().postMessage({ id, code, language } satisfies Uncoloured);
  return () => waiting.delete(id);
}
