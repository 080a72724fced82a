import "@/ui/base.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { ClientProvider, createClient } from "@/client/client";
import { ApiError } from "@/client/http";
import { App } from "./App";
import { startTranslations } from "./i18n";

document.fonts.load('1em "JetBrains Mono"').catch(() => {}); // before the first code needs it; without it, another font does

const client = createClient();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400),
    },
    mutations: { retry: false },
  },
});

await startTranslations();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ClientProvider client={client}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </ClientProvider>
    </QueryClientProvider>
  </StrictMode>,
);
