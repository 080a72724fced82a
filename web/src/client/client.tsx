/** The client, assembled once and handed down: no part of the app makes its own. */

import { createContext, type ReactNode, useContext } from "react";
import { useStore } from "zustand";
import { Api, ApiError } from "./http";
import { Live, type LiveState } from "./live";
import { createSession, type Session, type SessionStore } from "./session";

export interface Client {
  api: Api;
  live: Live;
  session: SessionStore;
}

function beforePaint(flush: () => void): void {
  if (document.hidden) setTimeout(flush, 100);
  else requestAnimationFrame(flush);
}

export function createClient(): Client {
  const session = createSession();
  const expired = () => {
    const was = session.getState().status;
    session.setState({ status: was === "in" || was === "expired" ? "expired" : "out" }, true);
  };
  const api = new Api(expired);
  const live = new Live(
    {
      open: () => new WebSocket(new URL("/api/v1/chat/ws", location.href.replace(/^http/, "ws"))),
      delay: (milliseconds, wake) => {
        const timer = setTimeout(wake, milliseconds);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      signedIn: async () => {
        try {
          await api.me();
          return true;
        } catch (error) {
          return !(error instanceof ApiError && error.status === 401);
        }
      },
    },
    beforePaint,
  );
  window.addEventListener("online", live.hurry);
  window.addEventListener("offline", live.drop);
  document.addEventListener("visibilitychange", () => document.hidden || live.hurry());
  return { api, live, session };
}

const ClientContext = createContext<Client | null>(null);

export function ClientProvider({ client, children }: { client: Client; children: ReactNode }) {
  return <ClientContext value={client}>{children}</ClientContext>;
}

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error("ClientProvider is missing.");
  return client;
}

export function useLive<T>(select: (state: LiveState) => T): T {
  return useStore(useClient().live.store, select);
}

export function useSession(): Session {
  return useStore(useClient().session);
}
