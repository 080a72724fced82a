"""What a policy can speak of. Shown by `orchestrator policy schema`; every policy is checked against it."""

SCHEMA = """\
// Who asks. Roles are named in roles.toml.
entity Role;
entity User in [Role] {
  name: String,          // to sign in with
  scopes: Set<String>,   // read, write, execute, admin
};

// What is called.
entity Category;
entity Tool in [Category] {
  scope: String,         // read, write, execute, admin
  effects: String,       // none, idempotent, once
  risks: Set<String>,    // destroys, sends, pays, installs
};

action call appliesTo {
  principal: User,
  resource: Tool,
  context: {
    agent: String,
    workspace: String,   // the folder
    origins: Set<String>,  // whose words the model has read: user, web, file, memory, tool, skill
    strangers: Bool,     // whether those of strangers are among them
    command?: String,    // of a tool that runs one
    host?: String,       // of a tool that is given an address
    method?: String,
  }
};
"""
