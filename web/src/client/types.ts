/** The API's things by the names this app uses. */

import type { AnswerForm, EventArtifact, EventToolReturned, ImageForm, Model, Run, RunProblem } from "./schema";

export type { Approval, Conversation, ConversationPage, Models, Run, RunPage, Usage, User } from "./schema";

export type RunStatus = Run["status"];
export type Answer = AnswerForm["answer"];
export type Outcome = EventToolReturned["outcome"];
export type Artifact = EventArtifact;
export type Image = ImageForm;
export type ModelInfo = Model;

/** Why something could not be done: of a run, or of a request. */
export type Problem = Omit<RunProblem, "hint"> & { hint?: string };
