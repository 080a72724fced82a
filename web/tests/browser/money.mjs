// What the simulated server says of models and money: one of each kind.

const price = { input: 3, output: 15, cached: 0.3 };
const speed = { replies: 12, failures: 1, first_seconds: 0.42, tokens_per_second: 83.4 };
const provider = { kind: "openai", base_url: "https://lab.example/v1", model: "", place: "", resumes_in: 0, busy: 0, waiting: 0, concurrency: 64, added: true };
const model = { capabilities: ["chat", "tools"], output: 8192, description: "" };
const budget = { extra: 0, reserved: 0, since: "2026-11", drawn: false };

export const MODEL_LIST = {
  items: [
    { ...model, model: "lab/qwen3-32b-instruct-with-a-long-name", provider: "lab", name: "qwen3-32b", context: 131_072, price, quality: 0.8, simulated: false, speed, auto: true },
    { ...model, model: "ollama/llama3.2:3b", provider: "ollama", name: "llama3.2:3b", context: 8192, price: null, quality: null, simulated: false, speed: null, auto: false },
    { ...model, model: "embedded/embedded", provider: "embedded", name: "embedded", context: null, price: null, quality: 0.3, simulated: true, speed: null, auto: false },
  ],
  providers: [
    { ...provider, name: "lab", key: "set", ok: true, detail: "", breaker: "closed" },
    { ...provider, name: "ollama", kind: "ollama", base_url: "http://127.0.0.1:11434", key: "", ok: false, code: "model_unavailable", detail: "Nothing listens at http://127.0.0.1:11434.", breaker: "open" },
  ],
};

export const BUDGETS = {
  items: [
    { ...budget, scope: "tenant", name: "", label: "", period: "month", limit: 50, spent: 12.34, left: 37.66 },
    { ...budget, scope: "user", name: "*", label: "*", period: "day", limit: 2, spent: 0, left: 2 },
    { ...budget, scope: "user", name: "user_1", label: "ada", period: "day", limit: 2, spent: 1.7, left: 0.2, reserved: 0.1, drawn: true },
    { ...budget, scope: "agent", name: "assistant", label: "assistant", period: "total", limit: 1, spent: 1, left: 0 },
  ],
  credit: 0.01,
  waiting: 2,
};

export const SAVINGS = {
  items: [
    { day: "2026-11-21", calls: 42, spent: 1.2, cache: 0.3, optimiser: 0.05, router: 0.9 },
    { day: "2026-11-20", calls: 1, spent: 0.02, cache: 0, optimiser: 0, router: -0.01 },
  ],
};

export const PREFERENCES = { pins: { assistant: "lab/qwen3-32b" }, optimise: "minimal", cache: true };

export const TESTED = {
  model: "lab/qwen3-32b", reason: "It was asked for.", text: "OK", seconds: 0.42, cost: 0.0004,
  usage: { input_tokens: 20, output_tokens: 1, cached_tokens: 0 }, notes: ["ollama: nothing answered"],
};
