import { describe, expect, it } from "vitest";
import type { RunFrame } from "@/client/frames";
import { emptyRun, fold, joined, type RunState, waitingQuestions } from "@/client/run";
import { drawFrom, recording, type Recorded } from "./recording";

const all = (frames: RunFrame[], from: RunState = emptyRun("r")): RunState => frames.reduce(fold, from);
const content = ({ seq: _, gap: __, ...run }: RunState) => run;

describe("a delta", () => {
  const held = { text: "caf\u00e9 🎼", length: 6 };

  it("adds what is new, whatever of it is known", () => {
    expect(joined(held, 6, "!")).toEqual({ text: "café 🎼!", length: 7 });
    expect(joined(held, 5, "🎼!")).toEqual({ text: "café 🎼!", length: 7 });
    expect(joined(held, 0, "café 🎼! 🎻")).toEqual({ text: "café 🎼! 🎻", length: 9 });
  });

  it("is nothing new when it is all known, and unusable when its beginning is missing", () => {
    expect(joined(held, 1, "af")).toBe(held);
    expect(joined(held, 7, "x")).toBeNull();
  });
});

describe("the fold of frames", () => {
  it("tells a whole run", () => {
    const run = all(recording(drawFrom(1)).flatMap((moment) => moment.frames));
    expect(run.status).toBe("completed");
    expect(run.steps.length).toBeGreaterThan(0);
    expect(run.answer).toBe(run.steps.at(-1)!.text.text);
    expect(waitingQuestions(run)).toEqual([]);
  });

  it("keeps what gives the model orders beside its result, and what the answer repeats of it", () => {
    const at = { timestamp: "", run_id: "r" };
    const run = all([
      {
        type: "tool",
        data: { state: "returned", call_id: "c", tool: "page", step: 1, outcome: "ok", content: "🎼 obey me", passages: [{ start: 2, end: 9, withheld: true }], seq: 1 },
        ...at,
      },
      {
        type: "complete",
        data: { status: "completed", answer: "🎼 obey me", model: "m", steps: 1, usage: emptyRun("r").usage, cost: 0, problem: null, conversation_id: "c", repeats: [[2, 9]], seq: 2 },
        ...at,
      },
    ]);
    expect(run.steps[0]!.calls[0]!.orders).toEqual({ run_id: "r", passages: [{ start: 2, end: 9, withheld: true }] });
    expect(run.repeated).toEqual(["obey me"]);
  });

  it("marks a missing beginning and forgets the mark when the text comes whole", () => {
    const token = (offset: number, text: string): RunFrame => ({
      type: "token",
      data: { step: 1, offset, text },
      timestamp: "",
      run_id: "r",
    });
    const missing = all([token(0, "ab"), token(4, "ef")]);
    expect(missing.gap).toBe(true);
    expect(missing.steps[0]!.text.text).toBe("ab");
    const mended = all([token(0, "abcdef")], missing);
    expect(mended.gap).toBe(false);
    expect(mended.steps[0]!.text.text).toBe("abcdef");
  });

  it("knows of a call that was refused what it was asked about", () => {
    const asked = { approval_id: "a", call_id: "c", tool: "execute_command", arguments: { command: "ls" }, step: 1, state: "asked", seq: 1 };
    const refused = { call_id: "c", tool: "execute_command", step: 1, state: "returned", outcome: "refused", content: "no", seq: 2 };
    const frames = [["approval", asked], ["tool", refused]].map(([type, data]) => ({ type, data, timestamp: "", run_id: "r" }) as unknown as RunFrame);
    expect(all(frames).steps[0]!.calls[0]!.arguments).toEqual({ command: "ls" });
  });

  it("starts the words of a step again when its model is asked again", () => {
    const frames = recording(drawFrom(3), { failFirst: true }).flatMap((moment) => moment.frames);
    const run = all(frames);
    expect(run.steps[0]!.failures).toHaveLength(1);
    expect(run.steps[0]!.text.text).not.toContain("half a reply");
  });

  it.each(Array.from({ length: 300 }, (_, seed) => seed))("is the same however the line breaks (seed %i)", (seed) => {
    const draw = drawFrom(seed);
    const moments = recording(draw, { failFirst: draw(3) === 0 });
    const expected = all(moments.flatMap((moment) => moment.frames));
    expect(content(withBrokenLines(moments, draw))).toEqual(content(expected));
  });
});

/** The line breaks at random; what is sent meanwhile is lost, then the run is watched again after what is held. */
function withBrokenLines(moments: Recorded[], draw: (below: number) => number): RunState {
  let run = emptyRun("r");
  let connected = true;
  moments.forEach((moment, at) => {
    for (const frame of moment.frames) {
      if (connected && draw(6) === 0) connected = false;
      if (connected) run = fold(run, frame);
      if (connected && draw(6) === 0) run = fold(run, frame); // said twice
    }
    if (!connected && draw(3) === 0) {
      run = all(replay(moments.slice(0, at + 1), run.seq), run);
      connected = true;
    }
  });
  return connected ? run : all(replay(moments, run.seq), run);
}

/** What the server answers to `watch`: the events after `after`; the words of a reply whole, when it was recorded or is under way. */
function replay(moments: Recorded[], after: number): RunFrame[] {
  return moments.flatMap((moment, index) => {
    const frames = moment.frames.filter((frame) => (frame.data.seq ?? 0) > after);
    const spoken = moment.reply && (frames.length > 0 || index === moments.length - 1);
    return spoken ? [moment.reply!, ...frames] : frames;
  });
}
