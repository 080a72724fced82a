"""What the terminal says to a person, in their language."""

from orchestrator.kernel.messages import Language

_WORDS: dict[str, dict[Language, str]] = {
    "asks": {"en": "{tool} needs your approval", "fr": "{tool} demande votre accord"},
    "alternative": {"en": "Instead: {text}", "fr": "Plutôt : {text}"},
    "covers": {"en": "“run” and “always” cover: {shape}", "fr": "« exécution » et « toujours » couvrent : {shape}"},
    "lookalike.hidden": {"en": "Characters that do not show: {text}", "fr": "Caractères invisibles : {text}"},
    "lookalike.reorders": {
        "en": "Characters that reorder what you see: {text}",
        "fr": "Caractères qui changent l’ordre de ce que vous voyez : {text}",
    },
    "lookalike.controls": {"en": "Control characters: {text}", "fr": "Caractères de commande : {text}"},
    "lookalike.imitates": {
        "en": "Letters that imitate others: {text}",
        "fr": "Lettres qui en imitent d’autres : {text}",
    },
    "approve": {
        "en": "[o]nce, for this [r]un, [a]lways, [n]o? ",
        "fr": "une fois [o], cette exécution [r], toujours [a], non [n] ? ",
    },
    "outcome": {
        "en": "It may or may not have happened: [d]one, [r]etry, [u]ndone (not done, go on)? ",
        "fr": "C'est peut-être fait, peut-être pas : fait [d], recommencer [r], pas fait [u] (continuer) ? ",
    },
    "outcome.known": {
        "en": "begun {begun}, attempt {attempt}, key of the call {key}",
        "fr": "commencé le {begun}, tentative {attempt}, clé de l'appel {key}",
    },
    "kept": {
        "en": "kept: {name} (orchestrator runs files {run} --save .)",
        "fr": "conservé : {name} (orchestrator runs files {run} --save .)",
    },
    "question": {"en": "{who} asks you", "fr": "{who} vous demande"},
    "question.link": {
        "en": "To answer, open this page yourself, if you know {host}:",
        "fr": "Pour répondre, ouvrez vous-même cette page, si vous connaissez {host} :",
    },
    "question.opened": {"en": "[d]one there, or [n]o? ", "fr": "c'est fait [d], ou non [n] ? "},
    "question.secrets": {
        "en": "What you say goes to that server. Give it no password.",
        "fr": "Votre réponse part vers ce serveur. Ne lui donnez aucun mot de passe.",
    },
    "question.answer": {"en": "[a]nswer, or [n]o? ", "fr": "répondre [a], ou non [n] ? "},
    "question.needed": {"en": "{name} must be filled in.", "fr": "{name} est à remplir."},
    "again": {"en": "One of: {choices}.", "fr": "Au choix : {choices}."},
    "answered": {"en": "answered already", "fr": "déjà répondu"},
    "approved": {"en": "approved ({answer}): {call}", "fr": "accordé ({answer}) : {call}"},
    "told": {"en": "answered: {call}", "fr": "répondu : {call}"},
    "refused": {"en": "refused: {call}", "fr": "refusé : {call}"},
    "cancelling": {
        "en": "Cancelling… (Ctrl-C again leaves at once)",
        "fr": "Annulation… (Ctrl-C encore pour quitter tout de suite)",
    },
    "waits": {
        "en": "The run waits for an answer. To give it: {command}",
        "fr": "L'exécution attend une réponse. Pour la donner : {command}",
    },
    "interrupted": {
        "en": "The process that drove this run ended, and no server is up. To go on: {command}",
        "fr": "Le processus de cette exécution s'est arrêté, et aucun serveur ne tourne. Pour continuer : {command}",
    },
    "older": {"en": "Older ones: --before {before}", "fr": "Plus anciennes : --before {before}"},
    "sure": {"en": "[y]es, [n]o? ", "fr": "oui [o], non [n] ? "},
    "sure.erase": {
        "en": "Erase all of {whose}? It cannot be undone:",
        "fr": "Effacer tout de {whose} ? C'est définitif :",
    },
    "sure.draft": {
        "en": "Make {name} a tool? It runs in a confined process of its own:",
        "fr": "Faire de {name} un outil ? Il s'exécute confiné, dans son propre processus :",
    },
    "sure.offer": {"en": "Offer these?", "fr": "Les proposer ?"},
    "deaf": {
        "en": "Something that is at work does not stop: the process ends without waiting for it.",
        "fr": "Quelque chose ne s'arrête pas : le processus se termine sans l'attendre.",
    },
    "gone": {"en": "The server at {where} is gone.", "fr": "Le serveur {where} n'est plus là."},
    "lost": {
        "en": "Nothing is lost: a server that starts goes on with the run. To go on here: {command}",
        "fr": "Rien n'est perdu : un serveur qui démarre poursuit l'exécution. Pour continuer ici : {command}",
    },
    "money": {"en": "The run has reached its budget", "fr": "L'exécution a atteint son budget"},
    "budget": {
        "en": "Let it spend as much [m]ore, or [e]nd with what there is? ",
        "fr": "Autant de nouveau [m], ou terminer avec ce qu'il y a [e] ? ",
    },
    "paused.person": {"en": "Paused. To go on: {command}", "fr": "En pause. Pour continuer : {command}"},
    "paused.parent": {
        "en": "Paused with the run above it. To go on: {command}",
        "fr": "En pause avec l'exécution dont elle dépend. Pour continuer : {command}",
    },
    "paused.child": {"en": "It rests while its sub-runs work.", "fr": "Elle attend ses sous-exécutions."},
    "paused.queue": {"en": "It starts after the run before it.", "fr": "Elle commence après la précédente."},
    "status.waiting": {"en": "waiting", "fr": "en attente"},
    "status.running": {"en": "running", "fr": "en cours"},
    "passages.repeated": {
        "en": "repeats a stranger's words that give the model orders, or could: {text}",
        "fr": "répète les mots d'un tiers qui donnent des ordres au modèle, ou le pourraient : {text}",
    },
    "passages.withheld": {
        "en": "{length} characters give orders to the model and were withheld: orchestrator runs passages {run}",
        "fr": "{length} caractères donnent des ordres au modèle et ont été retenus : orchestrator runs passages {run}",
    },
    "passages.marked": {
        "en": "{length} characters give orders to the model; it read them as a quotation",
        "fr": "{length} caractères donnent des ordres au modèle, qui les a lus comme une citation",
    },
    "steering.paused": {"en": "paused ({reason}) {note}", "fr": "en pause ({reason}) {note}"},
    "steering.continued": {"en": "goes on", "fr": "reprend"},
    "steering.said": {"en": "heard: {text}", "fr": "entendu : {text}"},
    "steering.queued": {"en": "queued: {text}", "fr": "mis en attente : {text}"},
    "steering.model": {"en": "model: {model}", "fr": "modèle : {model}"},
    "steering.limits": {"en": "limits: {limits}", "fr": "limites : {limits}"},
    "steering.edited": {"en": "call edited: {arguments}", "fr": "appel modifié : {arguments}"},
    "thinking": {"en": "thinking", "fr": "réflexion"},
    "resumed": {"en": "resumed: {reason}", "fr": "reprise : {reason}"},
    "model_failed": {"en": "{model} failed: {detail}", "fr": "{model} a échoué : {detail}"},
    "plan": {"en": "Plan: {steps}", "fr": "Plan : {steps}"},
    "status.partial": {"en": "partial answer", "fr": "réponse partielle"},
    "status.failed": {"en": "failed", "fr": "échec"},
    "status.cancelled": {"en": "cancelled", "fr": "annulé"},
    "status.completed": {"en": "completed", "fr": "terminé"},
    "welcome": {
        "en": "AI Orchestrator · model {model} · {where}. /help says what else; Ctrl-D leaves.",
        "fr": "AI Orchestrator · modèle {model} · {where}. /help pour l'aide ; Ctrl-D pour quitter.",
    },
    "chat_help": {
        "en": "While it works: a line is read at its next step, /queue TEXT after its answer, /stop TEXT at once, "
        "/pause · /new starts another conversation · /model NAME chooses a model (auto by default) · /help · "
        "Ctrl-C cancels what runs · Ctrl-D leaves",
        "fr": "Pendant le travail : une ligne est lue à l'étape suivante, /queue TEXTE après la réponse, /stop TEXTE "
        "aussitôt, /pause · /new commence une autre conversation · /model NOM choisit un modèle (auto par défaut) · "
        "/help · "
        "Ctrl-C annule ce qui tourne · Ctrl-D quitte",
    },
    "new": {"en": "A new conversation.", "fr": "Nouvelle conversation."},
    "model_is": {"en": "Model: {model}", "fr": "Modèle : {model}"},
    "unknown_command": {
        "en": "There is no command {name}. /help lists them.",
        "fr": "Il n'y a pas de commande {name}. /help les liste.",
    },
    "password": {"en": "New password: ", "fr": "Nouveau mot de passe : "},
    "password_again": {"en": "Once more: ", "fr": "Encore une fois : "},
    "secret_value": {"en": "Value (not shown): ", "fr": "Valeur (non affichée) : "},
    "password_current": {"en": "Password in use now: ", "fr": "Mot de passe actuel : "},
    "bye": {"en": "Until next time.", "fr": "À bientôt."},
    "open_link": {
        "en": "Open this link to sign in (it works once, for {minutes:.0f} minutes):",
        "fr": "Ouvrez ce lien pour vous connecter (valable une fois, {minutes:.0f} minutes) :",
    },
    "no_server": {
        "en": "No server runs on this data folder: the link works once one does.",
        "fr": "Aucun serveur ne tourne sur ce dossier de données : le lien servira quand il y en aura un.",
    },
    "original": {"en": "{text}", "fr": "Détail (en anglais) : {text}"},
    "bill.tokens": {"en": "{count} tokens", "fr": "{count} jetons"},
    "bill.free": {"en": "no cost", "fr": "sans frais"},
    "bill.unpriced": {"en": "no known cost", "fr": "aucun coût connu"},
    "bill.saved": {"en": "{money} saved {by}", "fr": "{money} économisés {by}"},
    "bill.cache": {"en": "by a remembered answer", "fr": "par une réponse déjà connue"},
    "bill.optimiser": {"en": "by a shorter prompt", "fr": "par une invite plus courte"},
    "outcome.ok": {"en": "", "fr": ""},
    "outcome.retry": {"en": "", "fr": "à reprendre :"},
    "outcome.failed": {"en": "", "fr": "échec :"},
    "outcome.refused": {"en": "", "fr": "refusé :"},
    "outcome.unknown": {"en": "", "fr": "issue inconnue :"},
    "stop": {"en": "Ctrl-C stops the server.", "fr": "Ctrl-C arrête le serveur."},
}


def say(language: Language, word: str, **values: object) -> str:
    return _WORDS[word][language].format(**values)
