// What the simulated server says of tools and of what guards them: one of each kind.

const tool = { examples: [], parameters: { type: "object", properties: {} }, calls: 0, failures: 0, seconds: 0, place: "server", sandbox: null };

export const TOOLS = {
  items: [
    { ...tool, name: "read_file", description: "Read a file of the workspace.", category: "files", scope: "read", effects: "none", source: "files", calls: 42, failures: 2, seconds: 1.26 },
    { ...tool, name: "write_file", description: "Write a file of the workspace.", category: "files", scope: "write", effects: "idempotent", source: "files" },
    { ...tool, name: "execute_command", description: "Run a command in the workspace.", category: "system", scope: "execute", effects: "once", place: "sandbox", sandbox: "bubblewrap", source: "system", calls: 1, seconds: 0.3 },
    { ...tool, name: "a_tool_with_a_name_that_is_very_long_indeed", description: "", category: "games", scope: "admin", effects: "once", place: "sandbox", sandbox: "bubblewrap", source: "dice.py" },
  ],
  problems: { "broken.py": "line 3: invalid syntax" },
};

export const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 120"><rect width="320" height="120" fill="#fff"/>
<rect x="20" y="60" width="60" height="50" fill="#0057af"/><rect x="120" y="30" width="60" height="80" fill="#0057af"/><rect x="220" y="10" width="60" height="100" fill="#0057af"/></svg>`;

const unseen = { name: "", description: "Sends a message to everyone.", before: "", problem: "", digest: "d".repeat(64) };
const server = { transport: "stdio", connected: true, signing_in: false, problem: "", protocol: "2025-11-25", title: "", given: false, network: false, trusted: false, state: "connected", environment: [], headers: [], tools: [], resources: [], templates: [], prompts: [] };
const prompt = { name: "sum-up", title: "", description: "Sums up a note.", before: "", state: "offered", digest: "p".repeat(64), blanks: [{ name: "note", description: "", required: true }] };
const statement = { layer: "owner", reason: "Maintainers push.", alternative: "Ask one of them." };
const key = { username: "ada", reach: "models", scopes: ["read", "execute"], ending: "x9Qd", created_at: "2026-11-01T08:00:00Z", expires_at: null, last_used: null, revoked_at: null };

const SERVERS = {
  items: [
    {
      ...server, name: "notes", place: "notes-server --quiet", state: "approval", environment: ["NOTES_TOKEN"],
      resources: [{ uri: "file:///notes/2026.txt", name: "This year", description: "", media_type: "text/plain", size: 4, updated_at: null }],
      templates: [{ uri: "notes://{day}", name: "Notes of a day", description: "", media_type: "", fields: ["day"] }],
      prompts: [prompt, { ...prompt, name: "send-all", state: "new", description: "Sends every note." }],
      tools: [
        { ...unseen, name: "readNote", tool: "read_note", state: "offered" },
        { ...unseen, name: "sendNote", tool: "send_note", state: "changed", before: "Sends a message to one person." },
        { ...unseen, tool: "drop", state: "unusable", problem: "Its schema cannot be read." },
      ],
    },
    { ...server, name: "far", transport: "http", place: "https://mcp.example/a/very/long/address/that/goes/on", connected: false, state: "broken", problem: "It wants a sign-in.", network: true, trusted: true, prompts: [{ ...prompt, name: "hello", description: "Says hello.", blanks: [] }] },
  ],
};

const operation = { signed: false, description: "", scope: "read", effects: "none" };
const PETS = {
  name: "pets", title: "Pets of the house", server: "https://api.pets.example/v1", schemes: ["petKey", "petToken"], secrets: { petKey: "WEATHER_KEY" }, digest: "a".repeat(64),
  tools: [
    { ...operation, name: "listPets", tool: "pets_list_pets", method: "GET", path: "/pets", signed: true, description: "All pets." },
    { ...operation, name: "delete", tool: "pets_delete", method: "DELETE", path: "/pets/{petId}/and/a/path/that/goes/on/and/on", scope: "execute", effects: "idempotent" },
  ],
  problems: { addPhoto: "It wants image/png, which cannot be sent." },
};
const SKILL = {
  name: "pdf-forms", description: "Fills in PDF forms. \u202eUse when a form must be filled in.", license: "MIT", compatibility: "Needs Python.", metadata: { author: "somebody" }, needs: ["execute_command", "scripts"],
  files: ["SKILL.md", "scripts/fill.py"], signed: "no", key: "", digest: "b".repeat(64),
};
const SKILLS = {
  items: [SKILL, { ...SKILL, name: "knots", needs: [], signed: "trusted", key: "Qk9", files: ["SKILL.md"] }, { ...SKILL, name: "far", signed: "unknown", key: "k".repeat(43) }],
  problems: { "skill:old": "old is not what was added." },
};
const BODY = "# Forms\nRead the form, then run scripts/fill.py.";
const DRAFT = { name: "roll_die", code: "@tool\ndef roll_die() -> int:\n    return 4\n", test: "def test_it(): ...\n", digest: "c".repeat(64) };

const POLICY = {
  folder: "/data/policy",
  items: [
    { ...statement, id: "no_push", kind: "forbid", file: "base.cedar", line: 1, text: 'forbid(principal, action, resource == Tool::"git_push");' },
    { ...statement, id: "far_away", layer: "agent", kind: "ask", file: "agents/assistant.cedar", line: 4, text: "@ask forbid(principal, action, resource);" },
  ],
  roles: { maintainers: ["ada", "grace"] },
  problem: "workspace/mine.cedar, line 3: an unknown annotation.",
  schema_text: "",
};

const SECRET = { name: "WEATHER_KEY", hosts: ["api.example.com"], tools: ["http_request"], by: "user_1", created_at: key.created_at, updated_at: key.created_at };

const VERDICT = {
  verdict: "ask", rule: "commands", code: "network_program", reason: "curl talks to another machine.",
  details: { program: "curl" }, alternative: "Use http_request, which shows the address.", shape: "curl",
  opinions: [
    { verdict: "ask", rule: "commands", code: "network_program", reason: "curl talks to another machine." },
    { verdict: "allow", rule: "scopes", code: "", reason: "The person may." },
  ],
};

const FOUND = {
  tools: TOOLS,
  mcp: SERVERS,
  openapi: { items: [PETS], problems: { "openapi:birds": "birds.json is not what was added." } },
  skills: SKILLS,
  "skills/pdf-forms": { ...SKILL, body: BODY },
  "skills/knots": { ...SKILL, name: "knots", body: BODY },
  "skills/far": { ...SKILL, name: "far", body: BODY },
  drafts: { items: [DRAFT] },
  policy: POLICY,
  secrets: { items: [SECRET] },
  grants: { items: [{ id: "grant_1", tool: "http_request", shape: "read https://example.com", subject: "user_1", by: "user_1", at: key.created_at, approval_id: "a" }] },
  "auth/keys": { items: [{ ...key, id: "key_1", name: "editor", last_used: key.created_at, expires_at: "2027-01-01T00:00:00Z" }, { ...key, id: "key_2", name: "old", revoked_at: key.created_at }] },
};

const MADE = {
  "POST openapi/zoo/look": { ...PETS, name: "zoo", secrets: {}, document: "openapi: 3.1.0" },
  "POST openapi/pets/look": { ...PETS, server: "https://other.example", tools: [{ ...operation, name: "newPet", tool: "pets_new", method: "POST", path: "/pets" }], document: "openapi: 3.1.1" },
  "PUT openapi/zoo": PETS,
  "POST skills/look": { ...SKILL, body: BODY },
  "POST skills": SKILL,
  "POST drafts/roll_die/approve": { items: [{ source: "roll_die.py", what: "broken", tools: [], problem: "line 1" }] },
  "POST tools/reload": { items: [{ source: "dice.py", what: "changed", tools: ["roll_die"], problem: "" }, { source: "broken.py", what: "broken", tools: [], problem: "line 3" }] },
  "POST policy/explain": VERDICT,
  "POST policy/reload": POLICY,
  "POST auth/keys": { ...key, id: "key_3", name: "fresh", key: "ork_shown_once" },
  "POST mcp/notes/prompts": { text: "Sum up the note of Monday." },
  "POST mcp/far/prompts": { text: "Say hello to everyone,\nin two lines." },
  "POST mcp/far/login": { link: "https://login.example/begin" },
};

/** What is answered, or nothing where there is no such operation. */
export function guarded(method, path) {
  if (method === "GET") return FOUND[path] && [200, FOUND[path]];
  if (method === "DELETE") return [204];
  return [200, MADE[`${method} ${path}`] ?? (path.startsWith("mcp/") ? SERVERS.items[0] : SECRET)];
}
