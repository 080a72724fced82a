// What the simulated server says of tools and of what guards them: one of each kind.

const tool = { examples: [], parameters: { type: "object", properties: {} }, calls: 0, failures: 0, seconds: 0, sandbox: null };

export const TOOLS = {
  items: [
    { ...tool, name: "read_file", description: "Read a file of the workspace.", category: "files", scope: "read", effects: "none", source: "files", calls: 42, failures: 2, seconds: 1.26 },
    { ...tool, name: "write_file", description: "Write a file of the workspace.", category: "files", scope: "write", effects: "idempotent", source: "files" },
    { ...tool, name: "execute_command", description: "Run a command in the workspace.", category: "system", scope: "execute", effects: "once", sandbox: "bubblewrap", source: "system", calls: 1, seconds: 0.3 },
    { ...tool, name: "a_tool_with_a_name_that_is_very_long_indeed", description: "", category: "games", scope: "admin", effects: "once", sandbox: "bubblewrap", source: "dice.py" },
  ],
  problems: { "broken.py": "line 3: invalid syntax" },
};

export const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 120"><rect width="320" height="120" fill="#fff"/>
<rect x="20" y="60" width="60" height="50" fill="#0057af"/><rect x="120" y="30" width="60" height="80" fill="#0057af"/><rect x="220" y="10" width="60" height="100" fill="#0057af"/></svg>`;
