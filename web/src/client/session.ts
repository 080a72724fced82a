import { createStore, type StoreApi } from "zustand/vanilla";
import type { User } from "./types";

export type Session =
  | { status: "unknown" }
  | { status: "in"; user: User }
  | { status: "out" }
  | { status: "expired" }
  | { status: "unreachable" };

export type SessionStore = StoreApi<Session>;

export function createSession(): SessionStore {
  return createStore<Session>(() => ({ status: "unknown" }));
}
