"""AgentDojo's four suites against the whole product, with a model that believes everything it reads."""
