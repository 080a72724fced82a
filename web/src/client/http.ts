/** The REST side of the API. Every failure is an ApiError that carries the server's problem. */

import type {
  Answer,
  Conversation,
  Image,
  Models,
  Page,
  Problem,
  Run,
  User,
} from "./schema";

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

  me = () => this.#call<User>("GET", "/auth/me");
  login = (username: string, password: string) =>
    this.#call<{ user: User }>("POST", "/auth/login", { username, password, cookie: true });
  logout = () => this.#call<void>("POST", "/auth/logout");

  conversations = () => this.#call<Page<Conversation>>("GET", "/conversations?limit=200");
  conversation = (id: string) => this.#call<Conversation>("GET", `/conversations/${encodeURIComponent(id)}`);
  rename = (id: string, title: string) =>
    this.#call<Conversation>("PATCH", `/conversations/${encodeURIComponent(id)}`, { title });
  remove = (id: string) => this.#call<void>("DELETE", `/conversations/${encodeURIComponent(id)}`);

  runs = (query: { conversation_id?: string; status?: string; before?: string; limit?: number }) => {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
    return this.#call<Page<Run>>("GET", `/runs?${search}`);
  };
  start = (body: { goal: string; conversation_id?: string; model?: string; images?: Image[] }) =>
    this.#call<Run>("POST", "/runs", body);
  cancel = (run_id: string) => this.#call<Run>("POST", `/runs/${encodeURIComponent(run_id)}/cancel`);
  answer = (approval_id: string, answer: Answer, note?: string) =>
    this.#call<Run>("POST", `/approvals/${encodeURIComponent(approval_id)}`, { answer, ...(note && { note }) });

  models = () => this.#call<Models>("GET", "/system/models");

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`/api/v1${path}`, {
        method,
        credentials: "same-origin",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(0, UNREACHABLE);
    }
    if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
    if (response.status === 401 && path !== "/auth/login") this.#expired();
    throw new ApiError(response.status, await problemOf(response));
  }
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
