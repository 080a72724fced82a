/** The runs being looked at, kept up to date by the socket and painted at most once a frame. */

import { createStore, type StoreApi } from "zustand/vanilla";
import type { RunFrame } from "./frames";
import { emptyRun, fold, isOver, runFromView, type RunState } from "./run";
import type { Run } from "./types";
import { ChatSocket, type Connection, type Surroundings } from "./socket";

export interface LiveState {
  runs: Record<string, RunState>;
  connection: Connection;
}

/** Calls back before the next paint, and also where nothing is painted (a hidden tab). */
export type Schedule = (flush: () => void) => void;

export class Live {
  readonly store: StoreApi<LiveState>;
  readonly #socket: ChatSocket;
  readonly #schedule: Schedule;
  #arrived: RunFrame[] = [];
  #scheduled = false;

  constructor(around: Omit<Surroundings, "changed">, schedule: Schedule) {
    this.store = createStore<LiveState>(() => ({ runs: {}, connection: "idle" }));
    this.#schedule = schedule;
    this.#socket = new ChatSocket({ ...around, changed: (connection) => this.store.setState({ connection }) });
  }

  /** Follow a run from its beginning, or from what is held of it. */
  watch(view: Run): void {
    const held = this.store.getState().runs[view.run_id];
    if (held && (held.seq > 0 || !isOver(view.status))) return;
    if (!held) this.#put({ [view.run_id]: runFromView(view) });
    const run_id = view.run_id;
    this.#socket.watch(run_id, {
      after: () => this.#heldSeq(run_id),
      take: (frame) => this.#take(frame),
      refuse: (problem) => {
        const run = this.store.getState().runs[run_id] ?? emptyRun(run_id);
        this.#put({ [run_id]: { ...run, problem, told: true } });
      },
    });
  }

  /** What the REST side said of a run (an answer to an approval, a cancellation). */
  note(view: Run): void {
    const held = this.store.getState().runs[view.run_id];
    if (held && !isOver(held.status) && isOver(view.status)) this.watch(view);
  }

  hurry = (): void => this.#socket.hurry();
  drop = (): void => this.#socket.drop();

  close(): void {
    this.#socket.close();
    this.#arrived = [];
    this.store.setState({ runs: {}, connection: "idle" });
  }

  /** The last event held, counting those that arrived and are not painted yet. */
  #heldSeq(run_id: string): number {
    this.#flush();
    return this.store.getState().runs[run_id]?.seq ?? 0;
  }

  #take(frame: RunFrame): void {
    this.#arrived.push(frame);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const frames = this.#arrived;
    if (frames.length === 0) return;
    this.#arrived = [];
    const held = this.store.getState().runs;
    const changed: Record<string, RunState> = {};
    for (const frame of frames) {
      const before = changed[frame.run_id] ?? held[frame.run_id] ?? emptyRun(frame.run_id);
      const after = fold(before, frame);
      changed[frame.run_id] = after;
      if (after.gap && !before.gap) queueMicrotask(() => this.#socket.rewatch(frame.run_id));
      if (frame.type === "complete") this.#socket.forget(frame.run_id);
    }
    this.#put(changed);
  }

  #put(changed: Record<string, RunState>): void {
    this.store.setState((state) => ({ runs: { ...state.runs, ...changed } }));
  }
}
