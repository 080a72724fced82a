"""Pairs of questions for a cache that answers by meaning: look-alikes, which must never hit, and paraphrases.

Look-alikes differ in one thing: a number, date, name, unit, negation, condition, direction, person, tense, degree or
any word that counts; some of them are put in other words too, so that nothing but that thing is left to see. `make`
draws them from a seed; `HARD` are written by hand, against the cache. English and French.
"""
