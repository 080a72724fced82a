/** Simulated runs for the gallery: every state a run, a call and a question can be in. */

import { type Call, emptyRun, type Question, type RunState, type Step } from "@/client/run";
import type { Outcome, Run } from "@/client/types";

const words = (text: string) => ({ text, length: [...text].length });
const AT = "2026-01-31T12:00:00.000Z";
const LATER = "2026-01-31T12:01:07.000Z";

function call(tool: string, values: Record<string, unknown>, outcome: Outcome | null, more: Partial<Call> = {}): Call {
  return {
    id: `${tool}-${outcome}`,
    tool,
    arguments: values,
    state: outcome === null ? "requested" : "returned",
    outcome,
    content: "",
    data: null,
    artifact: null,
    origin: "tool",
    seconds: outcome === null ? null : 0.042,
    at: AT,
    ...more,
  };
}

function step(number: number, more: Partial<Step>): Step {
  const silence = words("");
  const told = { model: "m", reason: "", spared: null, calls: [], failures: [], questions: [] };
  return { number, ...told, text: silence, thinking: silence, ...more };
}

function question(kind: Question["kind"], more: Partial<Question> = {}): Question {
  return {
    approval_id: `approval-${kind}`,
    run_id: `waiting-${kind}`,
    kind,
    tool: "execute_command",
    arguments: { command: "rm -r build && make all", timeout: 30 },
    code: kind === "call" ? "deletes" : "unknown_outcome",
    reason: kind === "call" ? "rm would delete build." : "It may or may not have happened.",
    details: { program: "rm", path: "build" },
    alternative: "Move it into a folder such as .trash instead.",
    shape: "make, rm",
    asked_at: AT,
    call_id: "asked",
    step: 1,
    answer: null,
    by: "",
    ...more,
  };
}

const FORM = {
  type: "object",
  required: ["city", "unit"],
  properties: {
    city: { type: "string", title: "City", description: "Where it is wanted for.", minLength: 2, default: "Nice" },
    days: { type: "integer", title: "Days", minimum: 1, maximum: 7 },
    unit: { type: "string", oneOf: [{ const: "c", title: "Celsius" }, { const: "f", title: "Fahrenheit" }], default: "c" },
    parts: { type: "array", title: "Parts of the day", items: { type: "string", enum: ["morning", "evening"] } },
    sea: { type: "boolean", title: "The sea, too", default: true },
  },
};

function run(id: string, goal: string, more: Partial<RunState>): RunState {
  const usage = { input_tokens: 1234, output_tokens: 567, cached_tokens: 1000 };
  return { ...emptyRun(id), goal, seq: 9, model: "ollama/llama3.2:3b", usage, started_at: AT, ...more };
}

const over = { finished_at: LATER };

export const ANSWER = `### A heading

A paragraph with **bold**, *italics*, \`code\`, ~~struck~~ and [a link](https://example.org).

1. First
2. Second
   - nested

| Name | Count |
|---|---:|
| One | 1 |

\`\`\`python
def answer() -> int:
    return 42  # as always
\`\`\`

> A quotation.

- [x] Done
- [ ] Open
`;

export const RUNS: RunState[] = [
  run("thinking", "Running, nothing said yet", { status: "running", steps: [step(1, { thinking: words("Let me see.") })] }),
  run("calls", "Every outcome of a call", {
    status: "running",
    plan: ["Look", "Do", "Say"],
    steps: [
      step(1, {
        text: words("I will look around."),
        calls: [
          call("list_directory", { path: "." }, "ok", {
            data: { entries: [{ name: "src", kind: "directory", size: null }, { name: "a.txt", kind: "file", size: 2048 }] },
          }),
          call("read_file", { path: "missing.txt" }, "failed", { content: "There is no missing.txt in the workspace." }),
          call("http_request", { url: "http://127.0.0.1", method: "GET" }, "refused", { content: "127.0.0.1 is this machine itself." }),
          call("calculate", { expression: "12 ** (" }, "retry", { content: "The expression ends too early." }),
          call("write_file", { path: "out.txt" }, "unknown"),
          call("draw_chart", { path: "sales.csv" }, "ok", {
            content: "May: 3",
            origin: "file",
            artifact: { id: "c".repeat(64), name: "sales-by-month.svg", media_type: "image/svg+xml", size: 900 },
          }),
          call("a_tool_of_tomorrow", { first: [1, 2] }, "ok", { data: { anything: true } }),
          call("execute_command", { command: "sleep 5" }, null),
        ],
      }),
    ],
  }),
  run("waiting-call", "A question before a call", {
    status: "waiting",
    steps: [
      step(1, {
        questions: [
          question("call", {
            risks: ["destroys", "sends"],
            sources: { command: ["web", "user"], timeout: ["model"], "command: https://example.org": ["web"] },
            lookalikes: [{ argument: "command", text: "build", kind: "imitates", plain: "b<U+0443>ild" }],
          }),
        ],
      }),
    ],
  }),
  run("waiting-outcome", "A question about an outcome", {
    status: "waiting",
    steps: [step(1, { questions: [question("outcome", { details: { begun: AT, attempt: "1", key: "5f0f9ad0c8b1c7d2" } })] })],
  }),
  run("waiting-question", "A form of a server", {
    status: "waiting",
    steps: [step(1, { questions: [question("question", { tool: "weather_forecast", code: "question", alternative: "", reason: "Which city, and what of it?", details: { source: "mcp:weather" }, form: FORM })] })],
  }),
  run("waiting-link", "A page of a server", {
    status: "waiting",
    steps: [
      step(1, {
        questions: [
          question("question", {
            approval_id: "approval-link",
            run_id: "waiting-link",
            tool: "weather_forecast",
            code: "link",
            alternative: "",
            reason: "Sign in to go on.",
            details: { source: "mcp:weather", host: "xn--pypal-4ve.example (pаypal.example)" },
            link: "https://xn--pypal-4ve.example/sign-in",
            lookalikes: [{ argument: "question", text: "pаypal.example", kind: "imitates", plain: "p<U+0430>ypal.example" }],
          }),
        ],
      }),
    ],
  }),
  run("completed", "A whole answer", {
    ...over,
    status: "completed",
    cost: 0.0123,
    answer: ANSWER.trim(),
    steps: [step(1, { text: words(ANSWER), thinking: words("It is simple."), reason: "The first that answers." })],
  }),
  run("partial", "A partial answer", {
    ...over,
    status: "partial",
    answer: "Half of it.",
    problem: { code: "budget_exceeded", detail: "The run reached its limit of 25 steps.", hint: "Ask it to go on." },
    steps: [step(1, { text: words("Half of it.") })],
  }),
  run("failed", "A failure", {
    ...over,
    status: "failed",
    problem: { code: "no_model", detail: "Nothing configured can do this.", hint: "Start a model." },
    steps: [step(1, { failures: [{ model: "m", problem: { code: "model_timeout", detail: "No byte for 120 s." } }] })],
  }),
  run("cancelled", "Stopped", { ...over, status: "cancelled", steps: [step(1, { text: words("As far as it") })] }),
];

export function viewOf(state: RunState): Run {
  const { run_id, conversation_id, status, goal, answer, model, usage, cost, started_at, finished_at } = state;
  const view = { run_id, conversation_id, status, goal, answer, model, usage, cost, started_at, finished_at };
  const rest = { problem: null, approvals: [], parent: null, paused: state.paused, children: [] };
  return { ...view, ...rest, steps: state.steps.length, channel: "web" };
}
