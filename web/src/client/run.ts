/** The state of one run as its frames tell it: a pure fold.
 *
 * Frames with a `seq` come from the journal: each counts once, in order, however often it is sent.
 * Deltas say how many characters came before them, so that a part already held is not doubled.
 */

import type { Passage, RunFrame, SteeringData, ThinkingData, ToolData } from "./frames";
import type { Answer, Approval, Artifact, Origin, Outcome, Problem, Run, RunStatus, Spared, Usage } from "./types";

export interface Call {
  id: string;
  tool: string;
  arguments: Record<string, unknown>;
  state: "requested" | "returned";
  outcome: Outcome | null;
  content: string;
  data: unknown;
  artifact: Artifact | null;
  /** Whose words the result is. */
  origin: Origin | null;
  /** What of it gives orders to the model, and the run that read it; absent where nothing does. */
  orders?: { run_id: string; passages: Passage[] };
  seconds: number | null;
  at: string;
}

export interface Question extends Approval {
  answer: Answer | null;
  by: string;
}

/** Words as they come; `length` counts Unicode characters, as the server does. */
export interface Spoken {
  text: string;
  length: number;
}

export interface Step {
  number: number;
  model: string;
  /** Why this model, once it has replied. */
  reason: string;
  spared: Spared | null;
  text: Spoken;
  thinking: Spoken;
  calls: Call[];
  failures: { model: string; problem: Problem }[];
  questions: Question[];
}

/** What a person said to a run at work, and the last step it had begun by then. */
export interface Said {
  id: string;
  text: string;
  quoted: string[];
  after: number;
}

export interface RunState {
  run_id: string;
  conversation_id: string;
  goal: string;
  /** Words of others that were sent with it. */
  quoted: string[];
  status: RunStatus;
  seq: number;
  plan: string[];
  steps: Step[];
  answer: string;
  /** What of it repeats what gave the model orders. */
  repeated: string[];
  model: string;
  usage: Usage;
  cost: number;
  problem: Problem | null;
  started_at: string;
  finished_at: string | null;
  /** Why it rests, where nothing is asked; empty where it does not. */
  paused: string;
  said: Said[];
  /** The latest run that waits behind it. */
  next: string;
  /** A delta arrived whose beginning is missing: the run must be watched again from `seq`. */
  gap: boolean;
  /** Nothing more comes: its end was heard, or the server does not tell of it. */
  told: boolean;
}

const SILENCE: Spoken = { text: "", length: 0 };
const NO_USAGE: Usage = { input_tokens: 0, output_tokens: 0, cached_tokens: 0 };

export function emptyRun(run_id: string): RunState {
  return {
    run_id,
    conversation_id: "",
    goal: "",
    quoted: [],
    status: "running",
    seq: 0,
    plan: [],
    steps: [],
    answer: "",
    repeated: [],
    model: "",
    usage: NO_USAGE,
    cost: 0,
    problem: null,
    started_at: "",
    finished_at: null,
    paused: "",
    said: [],
    next: "",
    gap: false,
    told: false,
  };
}

/** What the REST view of a run knows, before any frame. */
export function runFromView(run: Run): RunState {
  return {
    ...emptyRun(run.run_id),
    conversation_id: run.conversation_id,
    goal: run.goal,
    status: run.status,
    answer: run.answer,
    model: run.model,
    usage: run.usage,
    cost: run.cost,
    problem: run.problem,
    started_at: run.started_at,
    finished_at: run.finished_at,
    paused: run.paused,
  };
}

export function isOver(status: RunStatus): boolean {
  return status !== "running" && status !== "waiting";
}

function withStep(run: RunState, number: number, change: (step: Step) => Step): RunState {
  const at = run.steps.findIndex((step) => step.number >= number);
  const steps = run.steps.slice();
  if (at !== -1 && steps[at]!.number === number) {
    const changed = change(steps[at]!);
    if (changed === steps[at]) return run;
    steps[at] = changed;
  } else {
    const spoken = { text: SILENCE, thinking: SILENCE };
    const told = { model: "", reason: "", spared: null, calls: [], failures: [], questions: [] };
    const fresh: Step = { number, ...told, ...spoken };
    steps.splice(at === -1 ? steps.length : at, 0, change(fresh));
  }
  return { ...run, steps };
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The words after a delta, or null when what comes before it is not here. */
export function joined(held: Spoken, offset: number, more: string): Spoken | null {
  if (offset > held.length) return null;
  const end = offset + characters(more);
  if (end <= held.length) return held;
  const fresh = offset === held.length ? more : [...more].slice(held.length - offset).join("");
  return { text: held.text + fresh, length: end };
}

function onDelta(run: RunState, kind: "text" | "thinking", data: { step: number; offset: number; text: string }) {
  const held = run.steps.find((step) => step.number === data.step)?.[kind] ?? SILENCE;
  const spoken = joined(held, data.offset, data.text);
  if (spoken === null) return run.gap ? run : { ...run, gap: true };
  const next = data.offset === 0 && run.gap ? { ...run, gap: false } : run;
  return spoken === held ? next : withStep(next, data.step, (step) => ({ ...step, [kind]: spoken }));
}

function onThinking(run: RunState, data: ThinkingData, at: string): RunState {
  switch (data.phase) {
    case "started":
      return { ...run, conversation_id: data.conversation_id, goal: data.goal, quoted: data.quoted ?? [], started_at: run.started_at || at };
    case "asked":
      // Asked again for the same step (after a failure or a crash): the reply begins anew.
      return withStep(run, data.step, (step) => ({ ...step, model: data.model, text: SILENCE, thinking: SILENCE }));
    case "delta":
      return onDelta(run, "thinking", data);
    case "failed":
      return withStep(run, data.step, (step) => ({
        ...step,
        text: SILENCE,
        thinking: SILENCE,
        failures: [...step.failures, { model: data.model, problem: data.problem }],
      }));
    case "replied":
      return withStep(run, data.step, (step) => ({ ...step, model: data.model, reason: data.reason, spared: data.spared ?? null }));
    default:
      return run;
  }
}

function onTool(run: RunState, data: ToolData, at: string): RunState {
  return withStep(run, data.step, (step) => {
    const known = step.calls.find((call) => call.id === data.call_id);
    const asked = step.questions.findLast((question) => question.call_id === data.call_id); // of a call that never began
    const call: Call = {
      id: data.call_id,
      tool: data.tool,
      arguments: data.arguments ?? known?.arguments ?? asked?.arguments ?? {},
      state: data.state,
      outcome: data.state === "returned" ? data.outcome : null,
      content: data.state === "returned" ? (data.content ?? "") : "",
      data: data.state === "returned" ? (data.data ?? null) : null,
      artifact: data.state === "returned" ? (data.artifact ?? null) : null,
      origin: data.state === "returned" ? (data.origin ?? null) : null,
      seconds: data.state === "returned" ? (data.seconds ?? null) : null,
      at,
      ...(data.state === "returned" &&
        data.passages?.length && { orders: { run_id: run.run_id, passages: data.passages } }),
    };
    const calls = known ? step.calls.map((other) => (other === known ? call : other)) : [...step.calls, call];
    return { ...step, calls };
  });
}

function onAnswered(run: RunState, id: string, answer: Answer, by: string): RunState {
  const settle = (question: Question) => (question.approval_id === id ? { ...question, answer, by } : question);
  const asked = (step: Step) => step.questions.some((question) => question.approval_id === id);
  const steps = run.steps.map((step) => (asked(step) ? { ...step, questions: step.questions.map(settle) } : step));
  return { ...run, steps, status: waits(steps) || run.paused ? "waiting" : "running" };
}

/** The call was changed: the question about it as it was is void, and may be put again. */
function withoutQuestion(run: RunState, id: string): RunState {
  const steps = run.steps.map((step) => ({ ...step, questions: step.questions.filter((question) => question.approval_id !== id) }));
  return { ...run, steps, status: waits(steps) ? "waiting" : "running" };
}

function waits(steps: Step[]): boolean {
  return steps.some((step) => step.questions.some((question) => question.answer === null));
}

function onSteering(run: RunState, data: SteeringData): RunState {
  switch (data.state) {
    case "paused":
      return { ...run, status: "waiting", paused: data.reason };
    case "continued":
      return { ...run, status: waits(run.steps) ? "waiting" : "running", paused: "" };
    case "said":
      return { ...run, said: [...run.said, { id: data.message_id, text: data.text, quoted: data.quoted ?? [], after: run.steps.at(-1)?.number ?? 0 }] };
    case "queued":
      return { ...run, next: data.next_run_id };
    default:
      return run;
  }
}

export function fold(run: RunState, frame: RunFrame): RunState {
  const { seq } = frame.data;
  const delta = frame.type === "token" || (frame.type === "thinking" && frame.data.phase === "delta");
  if (!delta && seq !== undefined) {
    if (seq <= run.seq) return run;
    run = { ...run, seq };
  }
  switch (frame.type) {
    case "token":
      return onDelta(run, "text", frame.data);
    case "thinking":
      return onThinking(run, frame.data, frame.timestamp);
    case "plan":
      return { ...run, plan: frame.data.steps };
    case "tool":
      return onTool(run, frame.data, frame.timestamp);
    case "approval": {
      const data = frame.data;
      if (data.state === "answered") return onAnswered(run, data.approval_id, data.answer, data.by);
      if (data.state === "edited") return withoutQuestion(run, data.approval_id);
      const { state: _, seq: __, ...approval } = data;
      const question: Question = { ...approval, answer: null, by: "" };
      const asked = withStep(run, approval.step, (s) => ({ ...s, questions: [...s.questions, question] }));
      return { ...asked, status: "waiting" };
    }
    case "complete": {
      const { status, answer, model, usage, cost, problem, conversation_id, repeats = [] } = frame.data;
      const repeated = repeats.map(([start, end]) => [...answer].slice(start, end).join(""));
      const finished_at = run.finished_at ?? frame.timestamp;
      return { ...run, status, answer, repeated, model, usage, cost, problem, conversation_id, finished_at, gap: false, told: true };
    }
    case "steering":
      return onSteering(run, frame.data);
    default:
      return run; // of a server that knows more than this page
  }
}

export function waitingQuestions(run: RunState): Question[] {
  return run.steps.flatMap((step) => step.questions.filter((question) => question.answer === null));
}
