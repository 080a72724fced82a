"""A simulation of a language model, not one: it turns French and English requests into calls of the tools given.

    messages -> conversation -> segment (clauses) -> match + slots, operations, references -> steps (the plan)
             -> advance (what the results allow) -> the next calls, or an answer

name: embedded · kind: embedded · requires: nothing · simulated: yes
Covers: requests that name an act and its objects, in several steps, over any tools that declare a schema and
examples. Does not cover: reasoning, writing, knowledge, conditions, loops other than over a list of results.
"""

from orchestrator.llm.providers.embedded.model import Embedded

__all__ = ["Embedded"]
