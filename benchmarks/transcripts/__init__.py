"""SIMULATED transcripts of agents at work, in English and French, with facts planted in them.

`make(seed)` gives the corpus: the same seed, the same corpus. Every transcript is a list of messages as a
model would read them, what tools returned as tools return it: JSON as programs print it, logs, listings, web
pages with their markup, raw mails, code, prose. Facts come with look-alikes: statements that differ in one
number, name, date, unit or negation, and every one of them counts.
"""
