// The frames of /api/v1/chat/ws, as docs/api.md gives them.

import type { Answer, Approval, Artifact, Origin, Outcome, Problem, RunStatus, Spared, Usage } from "./types";

/** `offset` counts Unicode characters. `seq` is the place of a journal event in its run; a delta, live only, has none. */
interface Placed {
  seq?: number;
}

export type ThinkingData =
  | ({ phase: "started"; conversation_id: string; goal: string; quoted?: string[] } & Placed)
  | ({ phase: "asked"; step: number; model: string } & Placed)
  | ({ phase: "delta"; step: number; offset: number; text: string } & Placed)
  | ({ phase: "failed"; step: number; model: string; problem: Problem } & Placed)
  | ({
      phase: "replied";
      step: number;
      model: string;
      finish: string;
      usage: Usage;
      cost: number;
      seconds: number;
      reason: string;
      spared?: Spared | null;
    } & Placed)
  | ({ phase: "resumed"; reason: string } & Placed);

export type ToolData =
  | ({
      state: "requested";
      call_id: string;
      tool: string;
      step: number;
      arguments?: Record<string, unknown>;
      /** The run that does it, where the call delegates. */
      child?: string;
    } & Placed)
  | ({
      state: "returned";
      call_id: string;
      tool: string;
      step: number;
      arguments?: Record<string, unknown>;
      outcome: Outcome;
      content?: string;
      data?: unknown;
      artifact?: Artifact | null;
      origin?: Origin;
      seconds?: number;
      passages?: Passage[];
    } & Placed);

/** A part of a result that gives orders to the model: kept from it, or read as a quotation. */
export interface Passage {
  /** Characters of the content, as the server counts them. */
  start: number;
  end: number;
  withheld?: boolean;
}

export type ApprovalData =
  | ({ state: "asked" } & Approval & Placed)
  | ({ state: "answered"; approval_id: string; answer: Answer; by: string; note?: string } & Placed)
  | ({ state: "edited"; approval_id: string; call_id: string; arguments: Record<string, unknown> } & Placed);

export type SteeringData =
  | ({ state: "said"; message_id: string; text: string; quoted?: string[]; urgency: "steer" | "interrupt"; by: string } & Placed)
  | ({ state: "queued"; next_run_id: string; text: string; by: string } & Placed)
  | ({ state: "paused"; reason: "person" | "parent" | "child" | "queue"; by: string; note: string } & Placed)
  | ({ state: "continued"; reason: string; by: string } & Placed)
  | ({ state: "model"; model: string; by: string } & Placed)
  | ({ state: "limits"; limits: Record<string, number>; by: string } & Placed);

export interface CompleteData extends Placed {
  status: RunStatus;
  answer: string;
  model: string;
  steps: number;
  usage: Usage;
  cost: number;
  problem: Problem | null;
  conversation_id: string;
  /** Parts of the answer that repeat what gave the model orders: characters, as the server counts them. */
  repeats?: [number, number][];
}

interface Envelope {
  timestamp: string;
  run_id: string;
}

export type RunFrame =
  | ({ type: "thinking"; data: ThinkingData } & Envelope)
  | ({ type: "token"; data: { step: number; offset: number; text: string } & Placed } & Envelope)
  | ({ type: "plan"; data: { steps: string[] } & Placed } & Envelope)
  | ({ type: "tool"; data: ToolData } & Envelope)
  | ({ type: "approval"; data: ApprovalData } & Envelope)
  | ({ type: "steering"; data: SteeringData } & Envelope)
  | ({ type: "complete"; data: CompleteData } & Envelope);

export interface ErrorFrame {
  type: "error";
  data: Problem & { status?: number; title?: string };
  timestamp: string;
  run_id: string | null;
}

export type Frame = RunFrame | ErrorFrame;

const TYPES = new Set(["thinking", "token", "plan", "tool", "approval", "steering", "complete", "error"]);

/** A frame of a known type, or nothing: a newer server may say more than this page understands. */
export function parseFrame(text: string): Frame | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return null;
  const { type, data } = value as { type?: unknown; data?: unknown };
  if (typeof type !== "string" || !TYPES.has(type) || typeof data !== "object" || data === null) return null;
  return value as Frame;
}
