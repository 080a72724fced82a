/** All of the French that the app starts with, loaded by those who read it. */

import words from "./fr.json";
import problems from "./problems.fr.json";
import tools from "./tools.fr.json";

export const french = { ...words, problems, tool: { ...words.tool, names: { ...tools, ...words.tool.names } } };
