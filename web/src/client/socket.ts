/** One socket, many watched runs. It reconnects for ever, and each run goes on from the last event held. */

import { type ErrorFrame, parseFrame, type RunFrame } from "./frames";

export type Connection = "idle" | "connecting" | "open" | "waiting";

export interface Watcher {
  /** The last `seq` held: a new connection is asked only for what follows. */
  after(): number;
  take(frame: RunFrame): void;
  refuse(problem: ErrorFrame["data"]): void;
}

export interface Surroundings {
  open(): WebSocket;
  delay(milliseconds: number, wake: () => void): () => void;
  random(): number;
  /** Told at every change, and asked before a reconnection whether there is still a session. */
  changed(connection: Connection): void;
  signedIn(): Promise<boolean>;
}

const FIRST_DELAY = 250;
const LONGEST_DELAY = 8_000;

export class ChatSocket {
  #socket: WebSocket | null = null;
  #watchers = new Map<string, Watcher>();
  #failures = 0;
  #cancelDelay: (() => void) | null = null;
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  watch(run_id: string, watcher: Watcher): void {
    this.#watchers.set(run_id, watcher);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#ask(run_id, watcher);
    else this.#connect();
  }

  /** Ask again from what is held, after a gap. */
  rewatch(run_id: string): void {
    const watcher = this.#watchers.get(run_id);
    if (watcher && this.#socket?.readyState === WebSocket.OPEN) this.#ask(run_id, watcher);
  }

  forget(run_id: string): void {
    this.#watchers.delete(run_id);
  }

  /** The network is back, somebody has signed in, or the page is looked at again: do not wait for a delay to pass. */
  hurry(): void {
    this.#cancelDelay?.();
    this.#cancelDelay = null;
    this.#connect();
  }

  /** The network is gone: a socket may not notice for minutes. */
  drop(): void {
    this.#socket?.close();
  }

  /** Nobody watches any more. */
  close(): void {
    this.#watchers.clear();
    this.#rest();
    this.#socket?.close();
  }

  #rest(): void {
    this.#cancelDelay?.();
    this.#cancelDelay = null;
    this.#around.changed("idle");
  }

  #ask(run_id: string, watcher: Watcher): void {
    this.#socket?.send(JSON.stringify({ type: "watch", run_id, after: watcher.after() }));
  }

  #connect(): void {
    if (this.#socket || this.#cancelDelay || this.#watchers.size === 0) return;
    this.#around.changed("connecting");
    const socket = this.#around.open();
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#around.changed("open");
      for (const [run_id, watcher] of this.#watchers) this.#ask(run_id, watcher);
    };
    socket.onmessage = (message: MessageEvent<string>) => this.#take(message.data);
    socket.onclose = () => void this.#lost(socket);
  }

  #take(text: string): void {
    const frame = parseFrame(text);
    if (!frame) return;
    if (frame.type !== "error") {
      this.#watchers.get(frame.run_id)?.take(frame);
    } else if (frame.run_id) {
      this.#watchers.get(frame.run_id)?.refuse(frame.data);
    }
  }

  async #lost(socket: WebSocket): Promise<void> {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#watchers.size === 0) return this.#around.changed("idle");
    this.#around.changed("waiting");
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures++);
    this.#cancelDelay = this.#around.delay(longest * (0.5 + this.#around.random() / 2), () => {
      this.#cancelDelay = null;
      this.#connect();
    });
    // Who is signed out is not helped by trying again; the runs go on once somebody has signed in.
    if (!(await this.#around.signedIn())) this.#rest();
  }
}
