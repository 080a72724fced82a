/** All of the French that the app starts with, loaded by those who read it. */

import i18next from "i18next";
import { chosen } from "./chosen";
import words from "./fr.json";
import problems from "./problems.fr.json";
import tools from "./tools.fr.json";

i18next.services.formatter?.add("chosen", (text) => chosen(String(text)));

export const french = { ...words, problems, tool: { ...words.tool, names: { ...tools, ...words.tool.names } } };
