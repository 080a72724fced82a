import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env.ORCHESTRATOR_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../orchestrator/api/static",
    emptyOutDir: true,
    target: "es2023",
    // Fonts and images stay files, so that the content security policy needs no data: for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // One file compresses better than ten, and stays in the cache while only the app changes.
        codeSplitting: { groups: [{ name: "packages", test: /node_modules\/(?!.*(shiki|lucide))/ }] },
      },
    },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    fs: { allow: [".."] }, // the French of codes lies beside the code that says them
    proxy: {
      "/api": { target: api, ws: true },
      "/sign-in": api,
      "/health": api,
    },
  },
});
