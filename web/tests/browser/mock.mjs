// A simulated server: it speaks docs/api.md to the web app's tests and plays the scenes of scenes.mjs. No agent, no model.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { setImmediate as next } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { guarded, PICTURE, TOOLS } from "./guard.mjs";
import { LATER, later } from "./later.mjs";
import { BUDGETS, MODEL_LIST, PREFERENCES, SAVINGS, TESTED } from "./money.mjs";
import { sceneFor } from "./scenes.mjs";

const BUILT = fileURLToPath(new URL("../../../orchestrator/api/static", import.meta.url));
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const USER = { id: "user_1", username: "ada", scopes: ["read", "write", "execute", "admin"], has_password: true };
const EXPIRES = "2026-12-24T17:30:00Z";
const NO_USAGE = { input_tokens: 0, output_tokens: 0, cached_tokens: 0 };
const MODELS = {
  items: [
    { name: "embedded", provider: "embedded", capabilities: ["chat", "tools"], context: null, simulated: true, description: "" },
    { name: "llama3.2:3b", provider: "ollama", capabilities: ["chat", "tools", "vision"], context: 8192, simulated: false, description: "3 billion parameters" },
  ],
  health: { embedded: { ok: true, detail: "" }, ollama: { ok: false, detail: "Nothing answers.", code: "model_unavailable" } },
  auto: { model: "embedded/embedded", reason: "No language model can be had; the embedded model stands in." },
};

// Tools and what guards them (guard.mjs); one tool alone is asked for by its card.
const GUARDED = /^\/(tools(\/reload)?$|mcp|openapi|skills|drafts|secrets|policy|grants|auth\/keys)/;

export class Mock {
  signedIn = true;
  refusing = false; // no new socket is accepted
  failing = null; // [method, path prefix, status, problem]
  #telling = { most: Infinity, whole: null }; // of what a run did before: so many frames, the rest once `whole` is there
  #held = []; // [part of a path, promise]: what is asked for there waits
  scopes = USER.scopes;
  sent = null; // the last message that began a run
  asked = []; // to change something of models and money: {method, path, body}
  watched = []; // every watch received: {run_id, after}
  #allowed = new Map();
  #runs = new Map();
  #conversations = new Map();
  #sockets = new Set();
  #count = 0;
  #folder;

  constructor(folder = BUILT) {
    this.#folder = folder;
  }

  async listen() {
    this.server = createServer((request, response) => void this.#serve(request, response));
    this.sockets = new WebSocketServer({ noServer: true });
    this.server.on("upgrade", (request, socket, head) => {
      if (this.refusing || !this.signedIn) return socket.destroy();
      this.sockets.handleUpgrade(request, socket, head, (ws) => this.#connected(ws));
    });
    await new Promise((ready) => this.server.listen(0, "127.0.0.1", ready));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async close() {
    this.drop();
    for (const run of this.#runs.values()) run.stopped = true;
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  /** The line breaks for everyone. */
  drop() {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** A conversation with its runs, all over, as if of another day. */
  async past(title, goals, updated = new Date(Date.now() - 2 * 86_400_000)) {
    const conversation = this.#newConversation(title, updated);
    for (const goal of goals) {
      const run = this.#newRun(goal, conversation);
      await run.playing;
    }
    conversation.updated_at = updated.toISOString();
    return conversation.id;
  }

  /** Whoever watches is told so many frames of what a run did before, and the rest once the function returned is called. */
  tell(most) {
    const { promise, resolve } = Promise.withResolvers();
    this.#telling = { most, whole: promise };
    return resolve;
  }

  /** Whatever has this in its path is answered once the function returned is called. */
  hold(part) {
    const { promise, resolve } = Promise.withResolvers();
    this.#held.push([part, promise]);
    return resolve;
  }

  /** Runs of this goal may say so many of their words: those of before, and those that come. */
  allow(goal, words = Infinity) {
    this.#allowed.set(goal, words);
    for (const run of this.#runs.values()) if (run.view.goal === goal) run.allow(words);
  }

  /** A question is answered, by whomever. */
  settle(id, answer, by = "ada") {
    const run = [...this.#runs.values()].find((one) => one.asked.has(id));
    run.asked.get(id)({ answer, by });
    run.asked.delete(id);
    return run.view;
  }

  /** The question that waits. */
  get waiting() {
    return [...this.#runs.values()].flatMap((run) => [...run.asked.keys()])[0];
  }

  // HTTP

  async #serve(request, response) {
    const url = new URL(request.url, this.url);
    for (const [part, released] of this.#held) if (url.pathname.includes(part)) await released;
    if (!url.pathname.startsWith("/api/v1/")) return this.#file(url.pathname, response);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const path = url.pathname.slice("/api/v1".length);
    if (path.startsWith("/artifacts/")) return response.writeHead(200, { "Content-Type": "application/octet-stream" }).end(PICTURE);
    const [method, prefix, status, problem] = this.failing ?? [];
    if (method === request.method && path.startsWith(prefix)) return this.#send(response, status, problem);
    if (path === "/auth/login") {
      if (body.password !== "correct") return this.#problem(response, 401, "not_authenticated", "Wrong name or password.");
      this.signedIn = true;
      return this.#send(response, 200, { access_token: "t", token_type: "bearer", expires_in: 60, refresh_token: "r", user: USER });
    }
    if (!this.signedIn) return this.#problem(response, 401, "not_authenticated", "Nobody is signed in.");
    if (LATER.test(path)) {
      if (request.method !== "GET") this.asked.push({ method: request.method, path, body });
      return this.#send(response, ...later(request.method, path, body));
    }
    if (GUARDED.test(path)) {
      if (request.method !== "GET") this.asked.push({ method: request.method, path, body });
      return this.#send(response, ...(guarded(request.method, path.slice(1)) ?? [404, { code: "not_found", detail: path }]));
    }
    const answer = this.#route(request.method, path.split("/").slice(1).map(decodeURIComponent), url.searchParams, body);
    if (answer === undefined) return this.#problem(response, 404, "not_found", `There is no ${path}.`);
    this.#send(response, ...answer);
  }

  #route(method, [first, id, action], query, body) {
    switch (`${method} ${first}`) {
      case "GET auth":
        return [200, { ...USER, scopes: this.scopes }];
      case "POST auth":
        this.signedIn = false;
        return [204];
      case "GET system":
        return [200, MODELS];
      case "GET conversations":
        if (id) return this.#conversations.has(id) ? [200, this.#conversations.get(id)] : undefined;
        return [200, this.#listed(Number(query.get("limit")), query.get("before"))];
      case "PATCH conversations":
        Object.assign(this.#conversations.get(id), { title: body.title });
        return [200, this.#conversations.get(id)];
      case "DELETE conversations":
        this.#conversations.delete(id);
        return [204];
      case "GET runs": {
        const all = [...this.#runs.values()].map((run) => run.view);
        const wanted = (run) =>
          (!query.has("conversation_id") || run.conversation_id === query.get("conversation_id")) &&
          (!query.has("status") || run.status === query.get("status"));
        return [200, { items: all.filter(wanted).reverse(), next: null }];
      }
      case "POST runs": {
        if (id) return this.#steered(this.#runs.get(id), action, body);
        const conversation = this.#conversations.get(body.conversation_id) ?? this.#newConversation(body.goal.slice(0, 60));
        conversation.updated_at = new Date().toISOString();
        this.sent = body;
        return [201, this.#newRun(body.goal, conversation, body.quoted).view];
      }
      case "GET approvals": {
        const items = [...this.#runs.values()].flatMap((run) => run.view.approvals);
        return [200, { items: items.map((one) => ({ ...one, expires_at: one.kind === "call" ? EXPIRES : null })) }];
      }
      case "POST approvals": {
        this.answered = body;
        return [200, this.settle(id, action === "edit" ? body : body.answer)];
      }
      case "GET tools":
        return [200, TOOLS.items.find((tool) => tool.name === id) ?? { ...TOOLS.items[0], name: id }];
      default:
        return ["models", "budgets"].includes(first) ? this.#money(method, first, id, body) : undefined;
    }
  }

  #listed(limit, before) {
    const all = [...this.#conversations.values()].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
    const from = all.findIndex((one) => one.id === before) + 1;
    const items = all.slice(from, from + limit);
    return { items, next: all.length > from + limit ? items.at(-1).id : null };
  }

  #steered(run, action, body) {
    this.asked.push({ method: "POST", path: `/runs/${action}`, body });
    if (action === "cancel") run.cancel();
    else if (action === "passages") return [200, run.view];
    else if (action === "pause" || action === "continue") run.rest(action === "pause");
    else if (run.stopped) return [409, { code: "run_finished", detail: "The run is over." }];
    else if (body.urgency === "queue") return [200, this.#newRun(body.message, this.#conversations.get(run.view.conversation_id)).view];
    else run.record("steering", { state: "said", message_id: `m${this.asked.length}`, text: body.message, urgency: body.urgency, by: "ada" });
    return [200, run.view];
  }

  #money(method, first, id, body) {
    if (method === "GET") {
      const found = { models: { "": MODEL_LIST, preferences: PREFERENCES }, budgets: { "": BUDGETS, savings: SAVINGS } }[first][id ?? ""];
      return found && [200, found];
    }
    this.asked.push({ method, path: `/${id ? `${first}/${id}` : first}`, body });
    if (method === "DELETE") return [204];
    if (id === "test") return [200, TESTED];
    if (id === "providers") return [201, { ...MODEL_LIST.providers[0], name: body.name }];
    if (id === "preferences") return [200, body];
    return [200, id === "top-up" ? { budget: { ...BUDGETS.items[3], left: body.dollars }, resumed: ["run_1", "run_2"] } : BUDGETS.items[0]];
  }

  #file(path, response) {
    const name = normalize(join(this.#folder, path));
    const file = name.startsWith(this.#folder) && existsSync(name) && statSync(name).isFile() ? name : join(this.#folder, "index.html");
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": POLICY });
    createReadStream(file).pipe(response);
  }

  #send(response, status, body) {
    response.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  #problem(response, status, code, detail) {
    this.#send(response, status, { type: `/docs#${code}`, title: code, status, detail, code, hint: "", retryable: false });
  }

  // Conversations and runs

  #newConversation(title, at = new Date()) {
    const id = `conv_${++this.#count}`;
    const conversation = { id, title, created_at: at.toISOString(), updated_at: at.toISOString() };
    this.#conversations.set(id, conversation);
    return conversation;
  }

  #newRun(goal, conversation, quoted = []) {
    const run = new Run(`run_${String(++this.#count).padStart(4, "0")}`, goal, conversation.id, quoted.map(({ text }) => text));
    this.#runs.set(run.view.run_id, run);
    run.allow(this.#allowed.get(goal) ?? 0);
    run.start();
    return run;
  }

  #connected(socket) {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const run of this.#runs.values()) run.readers.delete(socket);
    });
    socket.on("message", (text) => {
      const said = JSON.parse(text);
      if (said.type !== "watch") return;
      this.watched.push(said);
      this.#runs.get(said.run_id)?.watch(socket, said.after ?? 0, this.#telling);
    });
  }
}

/** One run: the events recorded, the words of the reply under way, and those who watch. */
class Run {
  readers = new Set();
  asked = new Map();
  stopped = false;
  #events = [];
  #allowed = 0;
  #open = () => {};
  #spoken = new Map();
  #seq = 0;

  constructor(run_id, goal, conversation_id, quoted) {
    this.quoted = quoted;
    const started_at = new Date().toISOString();
    this.view = {
      ...{ run_id, conversation_id, status: "running", goal, answer: "", model: "embedded", steps: 0, usage: NO_USAGE, cost: 0 },
      ...{ channel: "web", started_at, finished_at: null, problem: null, approvals: [] },
      ...{ parent: null, paused: "", children: [] },
    };
  }

  start() {
    this.record("thinking", { phase: "started", conversation_id: this.view.conversation_id, goal: this.view.goal, quoted: this.quoted });
    this.playing = sceneFor(this.view.goal)(this).then(
      (answer) => this.finish("completed", answer ?? this.#spoken.get(this.view.steps) ?? ""),
      (error) => {
        if (!this.stopped) throw error;
      },
    );
  }

  allow(words) {
    this.#allowed = words;
    this.#open();
  }

  /** Waits until so many words are allowed. */
  async may(words) {
    await next();
    while (!this.stopped && words > this.#allowed) await new Promise((opened) => (this.#open = opened));
  }

  #frame(type, data) {
    return { type, data, timestamp: new Date().toISOString(), run_id: this.view.run_id };
  }

  #tell(frame, readers = this.readers) {
    for (const reader of readers) reader.send(JSON.stringify(frame));
  }

  record(type, data) {
    if (this.stopped && type !== "complete") throw new Error("stopped");
    const frame = this.#frame(type, { ...data, seq: ++this.#seq });
    this.#events.push(frame);
    this.#tell(frame);
  }

  ask(step, model = "embedded") {
    this.view.steps = step;
    this.#spoken.set(step, "");
    this.record("thinking", { phase: "asked", step, model });
  }

  token(text, step = this.view.steps) {
    if (this.stopped) throw new Error("stopped");
    const before = this.#spoken.get(step);
    this.#spoken.set(step, before + text);
    this.#tell(this.#frame("token", { step, offset: [...before].length, text }));
  }

  think(text, offset, step = this.view.steps) {
    this.#tell(this.#frame("thinking", { phase: "delta", step, offset, text }));
  }

  replied(step = this.view.steps, spared = null) {
    const usage = { input_tokens: 120, output_tokens: 40, cached_tokens: 0 };
    const more = { model: "embedded", finish: "stop", usage, cost: 0, seconds: 0.1, reason: "No language model can be had; the embedded model stands in.", spared };
    this.record("thinking", { phase: "replied", step, ...more });
  }

  tool(state, data) {
    this.record("tool", { state, step: this.view.steps, ...data });
  }

  /** Waits until somebody answers. */
  async question(approval) {
    const approval_id = `approval_${this.view.run_id}_${this.#seq}`;
    const whole = { approval_id, run_id: this.view.run_id, step: this.view.steps, asked_at: new Date().toISOString(), ...approval };
    this.view.status = "waiting";
    this.view.approvals = [whole];
    const answered = new Promise((resolve) => this.asked.set(approval_id, resolve));
    this.record("approval", { state: "asked", ...whole });
    const { answer, by } = await answered;
    this.view.status = "running";
    this.view.approvals = [];
    if (answer.arguments) {
      this.record("approval", { state: "edited", approval_id, call_id: approval.call_id, arguments: answer.arguments, by: "ada", note: "" });
      return this.question({ ...approval, arguments: answer.arguments, lookalikes: [], sources: {} });
    }
    this.record("approval", { state: "answered", approval_id, answer, by });
    return answer;
  }

  finish(status, answer, problem = null) {
    if (this.view.finished_at) return;
    const usage = { input_tokens: 240, output_tokens: 80, cached_tokens: 0 };
    Object.assign(this.view, { status, answer, problem, usage, finished_at: new Date().toISOString() });
    const { model, steps, cost, conversation_id } = this.view;
    this.stopped = true;
    this.#open();
    this.record("complete", { status, answer, model, steps, usage, cost, problem, conversation_id });
  }

  rest(paused) {
    Object.assign(this.view, { status: paused ? "waiting" : "running", paused: paused ? "person" : "" });
    this.record("steering", { state: paused ? "paused" : "continued", reason: "person", by: "ada", note: "" });
  }

  cancel() {
    this.finish("cancelled", this.#spoken.get(this.view.steps) ?? "");
  }

  async watch(socket, after, { most, whole }) {
    const reader = new Set([socket]);
    const past = this.#events.filter((frame) => frame.data.seq > after);
    for (const [index, frame] of past.entries()) {
      const { phase, step } = frame.data;
      if (index === most) await whole;
      if (phase === "replied") this.#tell(this.#frame("token", { step, offset: 0, text: this.#spoken.get(step) }), reader);
      this.#tell(frame, reader);
    }
    const text = this.#spoken.get(this.view.steps);
    if (text && !this.stopped) this.#tell(this.#frame("token", { step: this.view.steps, offset: 0, text }), reader);
    this.readers.add(socket);
  }
}
