/** The REST side of the API. Every failure is an ApiError that carries the server's problem. */

import type { Operation } from "./schema";
import type {
  Answer, Artifact, Budget, BudgetForm, BudgetList, Conversation, ConversationPage, Enclosed, ModelList, Models, Preferences,
  PreferencesForm, Problem, ProviderForm, ProviderState, Run, RunPage, SavingsList, SayForm, Tested, Tool, ToppedUp, TopUpForm, User,
} from "./types";

export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.detail);
    this.status = status;
    this.problem = problem;
  }
}

const UNREACHABLE: Problem = { code: "unreachable", detail: "" };

/** Whoever must know that the session is over; set once by the app. */
type Listener = () => void;

export class Api {
  readonly #expired: Listener;

  constructor(expired: Listener) {
    this.#expired = expired;
  }

  me = () => this.#call<User>("GET /api/v1/auth/me");
  login = (username: string, password: string) =>
    this.#call<{ user: User }>("POST /api/v1/auth/login", { body: { username, password, cookie: true } });
  logout = () => this.#call<void>("POST /api/v1/auth/logout");

  conversations = (before?: string) =>
    this.#call<ConversationPage>("GET /api/v1/conversations", { query: { limit: 200, before } });
  conversation = (id: string) =>
    this.#call<Conversation>("GET /api/v1/conversations/{conversation_id}", { names: [id] });
  rename = (id: string, title: string) =>
    this.#call<Conversation>("PATCH /api/v1/conversations/{conversation_id}", { names: [id], body: { title } });
  remove = (id: string) => this.#call<void>("DELETE /api/v1/conversations/{conversation_id}", { names: [id] });

  runs = (query: { conversation_id?: string; status?: string; before?: string; limit?: number }) =>
    this.#call<RunPage>("GET /api/v1/runs", { query });
  start = (body: { goal: string; conversation_id?: string; model?: string } & Enclosed) =>
    this.#call<Run>("POST /api/v1/runs", { body: sent(body) });
  say = (run_id: string, body: Omit<SayForm, keyof Enclosed> & Enclosed) =>
    this.#call<Run>("POST /api/v1/runs/{run_id}/messages", { names: [run_id], body: sent(body) });
  pause = (run_id: string) => this.#call<Run>("POST /api/v1/runs/{run_id}/pause", { names: [run_id] });
  goOn = (run_id: string) => this.#call<Run>("POST /api/v1/runs/{run_id}/continue", { names: [run_id] });
  cancel = (run_id: string) => this.#call<Run>("POST /api/v1/runs/{run_id}/cancel", { names: [run_id] });
  answer = (approval_id: string, answer: Answer, said: { content?: Record<string, unknown>; note?: string } = {}) =>
    this.#call<Run>("POST /api/v1/approvals/{approval_id}", { names: [approval_id], body: { answer, ...said } });
  edit = (approval_id: string, values: Record<string, unknown>) =>
    this.#call<Run>("POST /api/v1/approvals/{approval_id}/edit", { names: [approval_id], body: { arguments: values } });
  tool = (name: string) => this.#call<Tool>("GET /api/v1/tools/{name}", { names: [name] });

  models = () => this.#call<Models>("GET /api/v1/system/models");
  modelList = () => this.#call<ModelList>("GET /api/v1/models");
  connect = (body: ProviderForm) => this.#call<ProviderState>("POST /api/v1/models/providers", { body });
  disconnect = (name: string) => this.#call<void>("DELETE /api/v1/models/providers/{name}", { names: [name] });
  testModel = (model: string) => this.#call<Tested>("POST /api/v1/models/test", { body: { model } });
  preferences = () => this.#call<Preferences>("GET /api/v1/models/preferences");
  prefer = (body: PreferencesForm) => this.#call<Preferences>("PUT /api/v1/models/preferences", { body });

  budgets = () => this.#call<BudgetList>("GET /api/v1/budgets");
  setBudget = (body: BudgetForm) => this.#call<Budget>("PUT /api/v1/budgets", { body });
  topUp = (body: TopUpForm) => this.#call<ToppedUp>("POST /api/v1/budgets/top-up", { body });
  removeBudget = ({ scope, name, period }: Pick<Budget, "scope" | "name" | "period">) =>
    this.#call<void>("DELETE /api/v1/budgets", { query: { scope, name, period } });
  savings = (since: string) => this.#call<SavingsList>("GET /api/v1/budgets/savings", { query: { since } });

  /** Any other operation, for pages that are loaded later. */
  ask = <T>(operation: Operation, asked?: Asked) => this.#call<T>(operation, asked);

  async #call<T>(operation: Operation, { names = [], query = {}, body }: Asked = {}): Promise<T> {
    const [method, template] = operation.split(" ") as [string, string];
    const left = [...names];
    const path = template.replace(/\{\w+\}/g, () => encodeURIComponent(left.shift() ?? ""));
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
    let response: Response;
    try {
      response = await fetch(search.size ? `${path}?${search}` : path, {
        method,
        credentials: "same-origin",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(0, UNREACHABLE);
    }
    if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
    if (response.status === 401 && !path.endsWith("/auth/login")) this.#expired();
    throw new ApiError(response.status, await problemOf(response));
  }
}

const sent = ({ quoted, ...body }: Enclosed) => ({ ...body, ...(quoted && { quoted: quoted.map((text) => ({ text })) }), channel: "web" });

export interface Asked {
  /** For the braces of the path, in order. */
  names?: string[];
  query?: Record<string, string | number | undefined>;
  body?: unknown;
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback = { code: "internal", detail: `${response.status} ${response.statusText}`.trim() };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

export function problemFrom(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { code: "internal", detail: error instanceof Error ? error.message : String(error) };
}

export function artifactAddress(id: string): string {
  return `/api/v1/artifacts/${encodeURIComponent(id)}`;
}

/** The server gives an artifact's bytes without a type, never to be shown as a page: they get theirs here, as a picture. */
export async function picture({ id, media_type }: Artifact): Promise<string> {
  const response = await fetch(artifactAddress(id), { credentials: "same-origin" });
  if (!response.ok) throw new ApiError(response.status, await problemOf(response));
  const bytes = new Blob([await response.arrayBuffer()], { type: media_type });
  return new Promise((read, failed) => {
    const reader = new FileReader();
    reader.onload = () => read(String(reader.result));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(bytes);
  });
}
