// To be generated from the API's schema (npm run client); until the server exports it, written from docs/api.md.

export type RunStatus = "running" | "waiting" | "completed" | "partial" | "failed" | "cancelled";
export type Answer = "once" | "run" | "always" | "refuse" | "done" | "retry" | "undone";
export type Outcome = "ok" | "retry" | "failed" | "refused" | "unknown";

export interface Problem {
  code: string;
  detail: string;
  hint?: string;
}

export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
}

export interface Approval {
  approval_id: string;
  run_id: string;
  kind: "call" | "outcome";
  tool: string;
  arguments: Record<string, unknown>;
  code: string;
  reason: string;
  details: Record<string, string>;
  alternative: string;
  shape: string;
  asked_at: string;
  call_id: string;
  step: number;
}

export interface Run {
  run_id: string;
  conversation_id: string;
  status: RunStatus;
  goal: string;
  answer: string;
  model: string;
  steps: number;
  usage: Usage;
  cost: number;
  channel: string;
  started_at: string;
  finished_at: string | null;
  problem: Problem | null;
  approvals: Approval[];
}

export interface Conversation {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface User {
  id: string;
  username: string;
  scopes: string[];
  has_password: boolean;
}

export interface ModelInfo {
  name: string;
  provider: string;
  capabilities: string[];
  context: number | null;
  simulated: boolean;
  description: string;
}

export interface Models {
  items: ModelInfo[];
  health: Record<string, { ok: boolean; detail: string }>;
  auto: { model: string; reason: string } | null;
}

export interface Image {
  media_type: string;
  data: string;
}

export interface Artifact {
  id: string;
  name: string;
  media_type: string;
  size: number;
}
