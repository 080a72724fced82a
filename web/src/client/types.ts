/** The API's things by the names this app uses. */

import type { AnswerForm, EventArtifact, EventSpared, EventToolReturned, ImageForm, Model, Run, RunProblem } from "./schema";

export type {
  ApiList, ApiLooked, ApiShown, ApiTool, Approval, ApprovalList, Budget, BudgetForm, BudgetList, Conversation, ConversationPage, DayOfSavings, Lookalike, ModelDetail, ModelList, Models,
  Preferences, PreferencesForm, ProviderForm, ProviderState, Run, RunPage, SavingsList, Tested, ToppedUp, TopUpForm, Usage,
  ExplainForm, FillForm, Grant, GrantList, KeptSecret, Key, KeyForm, KeyList, McpServers, McpServerShown, NewKey, PolicyList, PromptText,
  PolicyStatement, SayForm, Schedule, ScheduleForm, ScheduleList, SecretForm, SecretList, SeenForm, ServerForm, ServerPrompt, ServerTool, SignInLink, Timing, Tool, ToolChange, ToolChanges, ToolList, User,
  DocumentForm, SkillForm, SkillList, SkillShown, SkillWhole, ToolDraft, ToolDrafts, Verdict,
} from "./schema";

export type RunStatus = Run["status"];
export type Answer = AnswerForm["answer"];
export type Outcome = EventToolReturned["outcome"];
export type Origin = EventToolReturned["origin"];
export type Artifact = EventArtifact;
/** What a reply would have cost besides, had nothing been optimised or remembered. */
export type Spared = EventSpared;
export type Image = ImageForm;
/** What goes with a message: pictures, and words of others that are read as a quotation. */
export interface Enclosed {
  images?: Image[];
  quoted?: string[];
}
export type ModelInfo = Model;

/** Why something could not be done: of a run, or of a request. */
export type Problem = Omit<RunProblem, "hint"> & { hint?: string };
