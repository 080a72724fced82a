/** Tools and what guards them, as the settings page asks for them. */

import { type QueryKey, useQuery } from "@tanstack/react-query";
import { useClient } from "./client";
import type { Api } from "./http";
import { keys } from "./queries";
import type {
  ApiList, ApiLooked, ApiShown, DocumentForm, ExplainForm, FillForm, GrantList, KeptSecret, KeyForm, KeyList, McpServers, McpServerShown, NewKey,
  PolicyList, PromptText, SecretForm, SecretList, SeenForm, ServerForm, SignInLink, SkillForm, SkillList, SkillShown, SkillWhole, ToolChanges,
  ToolDraft, ToolDrafts, ToolList, Verdict,
} from "./types";

export const guardKeys = {
  servers: ["guard", "servers"] as const,
  documents: ["guard", "documents"] as const,
  skills: ["guard", "skills"] as const,
  drafts: ["guard", "drafts"] as const,
  secrets: ["guard", "secrets"] as const,
  keys: ["guard", "keys"] as const,
  policy: ["guard", "policy"] as const,
  grants: ["guard", "grants"] as const,
};

export const TOOLS_STALE: QueryKey[] = [keys.tools, guardKeys.servers];
export const DOCUMENTS_STALE: QueryKey[] = [keys.tools, guardKeys.documents];
export const SKILLS_STALE: QueryKey[] = [keys.tools, guardKeys.skills];
export const DRAFTS_STALE: QueryKey[] = [keys.tools, guardKeys.drafts];

const useAsked = <Data>(queryKey: QueryKey, queryFn: (api: Api) => Promise<Data>) => {
  const { api } = useClient();
  return useQuery({ queryKey, queryFn: () => queryFn(api) });
};

export const useTools = () => useAsked(keys.tools, (api) => api.ask<ToolList>("GET /api/v1/tools"));
export const useServers = () => useAsked(guardKeys.servers, (api) => api.ask<McpServers>("GET /api/v1/mcp"));
export const useDocuments = () => useAsked(guardKeys.documents, (api) => api.ask<ApiList>("GET /api/v1/openapi"));
export const useSkills = () => useAsked(guardKeys.skills, (api) => api.ask<SkillList>("GET /api/v1/skills"));
export const useSkill = (name: string) =>
  useAsked([...guardKeys.skills, name], (api) => api.ask<SkillWhole>("GET /api/v1/skills/{name}", { names: [name] }));
export const useDrafts = () => useAsked(guardKeys.drafts, (api) => api.ask<ToolDrafts>("GET /api/v1/drafts"));
export const useSecrets = () => useAsked(guardKeys.secrets, (api) => api.ask<SecretList>("GET /api/v1/secrets"));
export const useKeys = () => useAsked(guardKeys.keys, (api) => api.ask<KeyList>("GET /api/v1/auth/keys"));
export const usePolicy = () => useAsked(guardKeys.policy, (api) => api.ask<PolicyList>("GET /api/v1/policy"));
export const useGrants = () => useAsked(guardKeys.grants, (api) => api.ask<GrantList>("GET /api/v1/grants"));

export const reloadTools = (api: Api) => api.ask<ToolChanges>("POST /api/v1/tools/reload");

export const addServer = (api: Api, { name, ...body }: ServerForm & { name: string }) =>
  api.ask<McpServerShown>("PUT /api/v1/mcp/{name}", { names: [name], body });
export const testServer = (api: Api, name: string) =>
  api.ask<McpServerShown>("POST /api/v1/mcp/{name}/test", { names: [name] });
export const removeServer = (api: Api, name: string) => api.ask<void>("DELETE /api/v1/mcp/{name}", { names: [name] });
export const signInAt = (api: Api, name: string) =>
  api.ask<SignInLink>("POST /api/v1/mcp/{name}/login", { names: [name] });
/** A person has looked at these tools and prompts as they are now: their digests, by the names they have there. */
export const approveTools = (api: Api, { name, ...body }: SeenForm & { name: string }) =>
  api.ask<McpServerShown>("POST /api/v1/mcp/{name}/approve", { names: [name], body });

/** What a prompt of a server says with these words in its blanks. */
export const readPrompt = (api: Api, { server, ...body }: FillForm & { server: string }) =>
  api.ask<PromptText>("POST /api/v1/mcp/{name}/prompts", { names: [server], body });

type NamedDocument = Partial<DocumentForm> & { name: string };
export const lookAtDocument = (api: Api, { name, ...body }: NamedDocument) =>
  api.ask<ApiLooked>("POST /api/v1/openapi/{name}/look", { names: [name], body });
export const addDocument = (api: Api, { name, ...body }: NamedDocument) =>
  api.ask<ApiShown>("PUT /api/v1/openapi/{name}", { names: [name], body });
export const removeDocument = (api: Api, name: string) => api.ask<void>("DELETE /api/v1/openapi/{name}", { names: [name] });

export const lookAtSkill = (api: Api, body: SkillForm) => api.ask<SkillWhole>("POST /api/v1/skills/look", { body });
export const addSkill = (api: Api, body: SkillForm) => api.ask<SkillShown>("POST /api/v1/skills", { body });
export const removeSkill = (api: Api, name: string) => api.ask<void>("DELETE /api/v1/skills/{name}", { names: [name] });

/** A person has read this very code. */
export const approveDraft = (api: Api, { name, digest }: ToolDraft) =>
  api.ask<ToolChanges>("POST /api/v1/drafts/{name}/approve", { names: [name], body: { digest } });
export const discardDraft = (api: Api, name: string) => api.ask<void>("DELETE /api/v1/drafts/{name}", { names: [name] });

export const keepSecret = (api: Api, { name, ...body }: SecretForm & { name: string }) =>
  api.ask<KeptSecret>("PUT /api/v1/secrets/{name}", { names: [name], body });
export const removeSecret = (api: Api, name: string) => api.ask<void>("DELETE /api/v1/secrets/{name}", { names: [name] });

export const makeKey = (api: Api, body: KeyForm) => api.ask<NewKey>("POST /api/v1/auth/keys", { body });
export const revokeKey = (api: Api, id: string) => api.ask<void>("DELETE /api/v1/auth/keys/{key_id}", { names: [id] });

export const reloadPolicy = (api: Api) => api.ask<PolicyList>("POST /api/v1/policy/reload");
export const explain = (api: Api, body: ExplainForm) => api.ask<Verdict>("POST /api/v1/policy/explain", { body });
export const revokeGrant = (api: Api, id: string) => api.ask<void>("DELETE /api/v1/grants/{grant_id}", { names: [id] });
