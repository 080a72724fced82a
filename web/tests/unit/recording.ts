/** Runs made up for tests: the frames a server would send, moment by moment. */

import type { RunFrame } from "@/client/frames";

export interface Recorded {
  frames: RunFrame[];
  /** The text so far of the step under way, as a reader who comes now is given it. */
  reply?: RunFrame;
}

/** A small generator of numbers below a bound, the same for the same seed. */
export function drawFrom(seed: number): (below: number) => number {
  let state = (seed + 1) * 2654435761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const WORDS = ["list ", "files ", "é ", "🎼 ", "**bold** ", "\n\n", "- item\n", "```js\nx\n```\n", "fin. "];

export function recording(draw: (below: number) => number, { failFirst = false } = {}): Recorded[] {
  const moments: Recorded[] = [];
  let seq = 0;
  const at = () => `2026-01-01T00:00:${String(seq % 60).padStart(2, "0")}Z`;
  const placed = (type: RunFrame["type"], data: object): RunFrame =>
    ({ type, data: { ...data, seq: ++seq }, timestamp: at(), run_id: "r" }) as RunFrame;
  const token = (step: number, offset: number, text: string): RunFrame => ({
    type: "token",
    data: { step, offset, text },
    timestamp: at(),
    run_id: "r",
  });

  moments.push({ frames: [placed("thinking", { phase: "started", conversation_id: "c", goal: "Do it" })] });
  if (draw(2)) moments.push({ frames: [placed("plan", { steps: ["one", "two"] })] });
  const steps = 1 + draw(3);
  let answer = "";
  for (let step = 1; step <= steps; step++) {
    moments.push({ frames: [placed("thinking", { phase: "asked", step, model: "m" })] });
    if (failFirst && step === 1) {
      moments.push({ frames: [token(1, 0, "half a reply")], reply: token(1, 0, "half a reply") });
      const problem = { code: "model_garbled", detail: "cut" };
      moments.push({ frames: [placed("thinking", { phase: "failed", step, model: "m", problem })] });
      moments.push({ frames: [placed("thinking", { phase: "asked", step, model: "m" })] });
    }
    answer = "";
    for (let word = 0; word <= draw(12); word++) {
      const text = WORDS[draw(WORDS.length)]!;
      const frame = token(step, [...answer].length, text);
      answer += text;
      moments.push({ frames: [frame], reply: token(step, 0, answer) });
    }
    const usage = { input_tokens: 1, output_tokens: 1, cached_tokens: 0 };
    const replied = { phase: "replied", step, model: "m", finish: "stop", usage, cost: 0, seconds: 0.1, reason: "" };
    moments.push({ frames: [placed("thinking", replied)], reply: token(step, 0, answer) });
    if (step === steps) break;
    const call_id = `call_${step}`;
    if (draw(3) === 0) {
      const asked = { approval_id: `a${step}`, run_id: "r", kind: "call", tool: "write_file", call_id, step };
      const why = { arguments: {}, code: "ask", reason: "?", details: {}, alternative: "", shape: "", asked_at: "" };
      moments.push({ frames: [placed("approval", { state: "asked", ...asked, ...why })] });
      const answered = { state: "answered", approval_id: `a${step}`, answer: "once", by: "me" };
      moments.push({ frames: [placed("approval", answered)] });
    }
    const call = { call_id, tool: "write_file", step };
    moments.push({ frames: [placed("tool", { ...call, state: "requested", arguments: { path: "a" } })] });
    moments.push({ frames: [placed("tool", { ...call, state: "returned", outcome: "ok", content: "done" })] });
  }
  const usage = { input_tokens: 9, output_tokens: 9, cached_tokens: 0 };
  const end = { status: "completed", answer, model: "m", steps, usage, cost: 0, problem: null, conversation_id: "c" };
  moments.push({ frames: [placed("complete", end)] });
  return moments;
}
