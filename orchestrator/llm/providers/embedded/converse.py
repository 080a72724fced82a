"""Small talk: greetings, thanks, who are you, what can you do. Recognised by words, answered in answer.py."""

from typing import Final

from orchestrator.llm.providers.embedded.language import Token
from orchestrator.llm.providers.embedded.lexicon import words

# Every word of a message of this kind is one of these (or one of the small words that go with them).
_WHOLE: Final[dict[str, str]] = {
    "greeting": "hi hello hey hiya yo morning evening afternoon greetings howdy bonjour bonsoir salut coucou hola",
    "thanks": "thanks thank thx ty cheers merci super parfait perfect great nice cool awesome genial excellent bravo"
    " appreciated wonderful top",
    "bye": "bye goodbye ciao adieu revoir later bientot",
    "cancel": "cancel annule annuler annulez nevermind forget oublie oubliez laisse tomber",
    "laugh": "lol mdr ptdr haha hahaha hihi lmao rofl xd",
    "sorry": "sorry pardon desole desolee oups oops excuse excusez",
    "yes": "yes yeah yep oui ouais ok okay no nope non never nevermind mind",
}
_WITH: Final = words(
    "good there you so much very well a lot everyone all world again tres bien beaucoup c est s it is"
    " that au a plus mille toi vous et tout le monde to de aide for your help the your d accord ! . , ? '"
    " - day bonne journee job work how are doing today going comment ca va vas tu allez cv quoi de neuf up"
    " whats what"
)
_HOW: Final = (("how", "are", "you"), ("ca", "va"), ("comment", "vas"), ("comment", "allez"), ("quoi", "de", "neuf"))
_IDENTITY: Final = (
    "who are you", "what are you", "who am i talking", "who is this", "are you an ai", "are you a bot", "are you human",
    "are you chatgpt", "are you gpt", "are you claude", "your name", "which model", "what model", "are you a real",
    "are you real", "are you a language model", "qui es tu", "tu es qui", "t es qui", "qui etes vous", "ton nom",
    "comment tu t appelles", "comment t appelles", "quel modele", "es tu une ia", "es tu un robot", "es tu humain",
    "tu es une ia", "a qui je parle", "a qui ai je", "es tu une intelligence", "es tu un modele", "are you an llm",
)  # fmt: skip
_ABILITY: Final = (
    "what can you do", "what do you do", "what are you able", "can you do", "able to do", "how can you help",
    "your capabilities", "what tools", "which tools", "list your tools", "que sais tu faire", "que peux tu faire",
    "tu sais faire quoi", "tu peux faire quoi", "sais tu faire", "peux tu m aider", "que pouvez vous",
    "qu est ce que tu sais", "qu est ce que tu peux", "a quoi tu sers", "a quoi sers tu", "tes outils",
    "quels outils", "tes capacites", "what else can you", "how do i use you", "how does this work", "what do i type",
    "comment ca marche", "comment t utiliser", "help me get started", "tes fonctions", "savez vous faire",
)  # fmt: skip
_BLAMING: Final = words("useless stupid dumb idiot sucks bad nul nulle bete debile inutile enerves mauvais")
_ADDRESSED: Final = words("you u re tu t es vous etes")
_SHORT: Final = 6  # words of a reproach
_HELP: Final = frozenset(["help", "aide", "aidez", "ayuda", "sos"])


def kind(words: tuple[Token, ...]) -> str:
    """greeting, thanks, bye, yes, how, laugh, sorry, blame, identity, ability, or nothing."""
    norms = [word.norm.replace("_", " ") for word in words]
    text = " ".join(norm for norm in " ".join(norms).split() if norm.isalnum())
    spaced = f" {text} "
    if any(f" {phrase} " in spaced for phrase in _ABILITY):
        return "ability"
    if any(f" {phrase} " in spaced for phrase in _IDENTITY):
        return "identity"
    singles = text.split()
    if not singles or len(singles) > 12:
        return ""
    if set(singles) <= _HELP | {"me", "moi", "please", "stp", "svp", "i", "need"} and set(singles) & _HELP:
        return "ability"
    everything = _WITH.union(*(group.split() for group in _WHOLE.values()))
    if set(singles) <= everything:
        if any(_within(phrase, singles) for phrase in _HOW):
            return "how"
        for name in ("cancel", "laugh", "sorry", "thanks", "bye", "greeting", "yes"):
            if set(singles) & set(_WHOLE[name].split()):
                return name
    if len(singles) <= _SHORT and set(singles) & _BLAMING and set(singles) & _ADDRESSED:
        return "blame"
    return ""


def _within(phrase: tuple[str, ...], words: list[str]) -> bool:
    return any(tuple(words[place : place + len(phrase)]) == phrase for place in range(len(words)))
