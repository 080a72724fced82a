"""What the embedded model says, in both languages."""

from typing import Final

from orchestrator.kernel.messages import Language

Both = dict[Language, str]

SAY: Final[dict[str, Both]] = {
    "greeting": {
        "en": "Hello! I am the built-in model of AI Orchestrator: not a language model, but I can put your tools to"
        " work. Try “{example}”, or ask “what can you do?”.",
        "fr": "Bonjour ! Je suis le modèle intégré d'AI Orchestrator : pas un modèle de langage, mais je sais faire"
        " travailler vos outils. Essayez « {example} », ou demandez « que sais-tu faire ? ».",
    },
    "thanks": {"en": "You're welcome. What next?", "fr": "Avec plaisir. Et maintenant ?"},
    "cancel": {"en": "All right, I leave that.", "fr": "D'accord, je laisse cela."},
    "bye": {"en": "Goodbye, see you soon.", "fr": "Au revoir, à bientôt."},
    "yes": {
        "en": "Noted. Tell me in a sentence what you would like done.",
        "fr": "C'est noté. Dites-moi en une phrase ce que vous voulez faire.",
    },
    "how": {
        "en": "Everything is running here. What shall I do?",
        "fr": "Tout tourne de mon côté. Que puis-je faire ?",
    },
    "laugh": {"en": "Glad you are amused. What shall I do?", "fr": "Ravi que cela vous amuse. Que puis-je faire ?"},
    "sorry": {"en": "No harm done. What next?", "fr": "Il n'y a pas de mal. Et maintenant ?"},
    "blame": {
        "en": "I am sorry that I am not of more help: I am only the built-in model, which puts tools to work and does"
        " not reason. Ask “what can you do?” to see what I know, or connect a language model.\n\n{connect}",
        "fr": "Désolé de ne pas mieux vous aider : je ne suis que le modèle intégré, qui fait travailler des outils et"
        " ne raisonne pas. Demandez « que sais-tu faire ? » pour voir ce que je sais, ou connectez un modèle de"
        " langage.\n\n{connect}",
    },
    "empty": {
        "en": "I read no request in that. Tell me what you would like done, for example “{example}”.",
        "fr": "Je n'y lis pas de demande. Dites-moi ce que vous voulez faire, par exemple « {example} ».",
    },
    "long": {
        "en": "This is too long for me to read as a request, so I have done nothing. Say in a sentence or two what"
        " you want, and put pasted text between quotation marks or ``` fences.",
        "fr": "C'est trop long pour que je le lise comme une demande : je n'ai rien fait. Dites en une phrase ou deux"
        " ce que vous voulez, et mettez le texte collé entre guillemets ou entre ```.",
    },
    "identity": {
        "en": "I am the built-in model of AI Orchestrator. I am not a language model: I match what you write, in"
        " English or French, with the tools that are installed here, and fill in their arguments. I do not reason,"
        " and I make nothing up.\n\n{connect}",
        "fr": "Je suis le modèle intégré d'AI Orchestrator. Je ne suis pas un modèle de langage : je rapproche ce que"
        " vous écrivez, en français ou en anglais, des outils installés ici, et je remplis leurs arguments. Je ne"
        " raisonne pas et je n'invente rien.\n\n{connect}",
    },
    "ability": {
        "en": "I am the built-in model, not a language model. With the tools installed here I can:\n\n{tools}\n\nI also"
        " chain steps: count, add up, find the largest, and write what was found to a file. For open questions,"
        " writing or reasoning, connect a language model.\n\n{connect}",
        "fr": "Je suis le modèle intégré, pas un modèle de langage. Avec les outils installés ici, je sais :\n\n{tools}"
        "\n\nJ'enchaîne aussi les étapes : compter, additionner, trouver le plus gros, écrire ce qui a été trouvé"
        " dans un fichier. Pour les questions ouvertes, la rédaction ou le raisonnement, connectez un modèle de"
        " langage.\n\n{connect}",
    },
    "abilities": {
        "en": "I am the built-in model, not a language model: I put the {count} tools that are installed here to work."
        " Their kinds, with things to try:\n\n{tools}\n\nAsk “what can you do with files?” for all of a kind. I also"
        " chain steps: count, add up, find the largest, write what was found to a file. For open questions, writing or"
        " reasoning, connect a language model.\n\n{connect}",
        "fr": "Je suis le modèle intégré, pas un modèle de langage : je fais travailler les {count} outils installés"
        " ici. Les voici par genre, avec de quoi essayer :\n\n{tools}\n\nDemandez « que sais-tu faire avec les"
        " fichiers ? »"
        " pour ceux d'un genre. J'enchaîne aussi les étapes : compter, additionner, trouver le plus gros, écrire ce qui"
        " a été trouvé dans un fichier. Pour les questions ouvertes, la rédaction ou le raisonnement, connectez un"
        " modèle de langage.\n\n{connect}",
    },
    "abilities of a kind": {
        "en": "With these tools I can:\n\n{tools}",
        "fr": "Avec ces outils, je sais :\n\n{tools}",
    },
    "no tools": {
        "en": "No tool is available to me here, so there is nothing I can do but say so.\n\n{connect}",
        "fr": "Aucun outil ne m'est accessible ici : je ne peux rien faire d'autre que le dire.\n\n{connect}",
    },
    "open": {
        "en": "“{said}” needs a model that can reason and write. I am only the built-in model, so I do not try."
        "{near}",
        "fr": "« {said} » demande un modèle capable de raisonner et de rédiger. Je ne suis que le modèle intégré : je"
        " n'essaie donc pas.{near}",
    },
    "question": {
        "en": "“{said}” is a question to reason about, not something to do, so I have run nothing; the built-in model"
        " cannot answer it.{near}",
        "fr": "« {said} » est une question à laquelle réfléchir, pas une chose à faire : je n'ai rien exécuté, et le"
        " modèle intégré ne sait pas y répondre.{near}",
    },
    "unknown": {
        "en": "I did not understand “{said}” well enough to act on it, so I have done nothing for it. I am only the"
        " built-in model, not a language model: I put the installed tools to work.{near}",
        "fr": "Je n'ai pas assez bien compris « {said} » pour agir : je n'ai rien fait pour cela. Je ne suis que le"
        " modèle intégré, pas un modèle de langage : je fais travailler les outils installés.{near}",
    },
    "absent": {
        "en": "No tool installed here can tell “{said}”, so I have not looked anywhere.",
        "fr": "Aucun outil installé ici ne peut dire « {said} » : je n'ai donc cherché nulle part.",
    },
    "vague": {
        "en": "“{said}” could do damage and does not say exactly to what, so I do nothing. If you mean it, which"
        " files, or which exact command? I will pass on precisely that, and policy will have its say.",
        "fr": "« {said} » peut faire des dégâts et ne dit pas exactement à quoi : je ne fais rien. Si c'est bien voulu,"
        " quels fichiers, ou quelle commande exacte ? Je transmettrai précisément cela, et la politique de sécurité"
        " aura son mot à dire.",
    },
    "condition": {
        "en": "“{said}” depends on a condition, and the built-in model does not decide on conditions: I have done"
        " nothing for it. Ask me first to look, then tell me what to do.",
        "fr": "« {said} » dépend d'une condition, et le modèle intégré ne tranche pas les conditions : je n'ai rien"
        " fait pour cela. Demandez-moi d'abord de regarder, puis dites-moi quoi faire.",
    },
    "negated": {"en": "Understood: I will not do this: {said}.", "fr": "Entendu, je ne fais pas cela : {said}."},
    "depends": {
        "en": "I did not do “{said}” either: it needs what I could not do before it.",
        "fr": "Je n'ai pas fait non plus « {said} » : il faut pour cela ce que je n'ai pas pu faire avant.",
    },
    "which": {
        "en": "“{said}” may mean two things here, and I do not guess: {tools}. Which one? Say it in its words.",
        "fr": "« {said} » peut vouloir dire deux choses ici, et je ne devine pas : {tools}. Laquelle ? Dites-le avec"
        " ses mots.",
    },
    "told": {
        "en": "I read “{said}” as something told or asked, not as something to do, so I have done nothing. If you want"
        " it done, say it as an order.",
        "fr": "Je lis « {said} » comme une nouvelle ou une question, pas comme une chose à faire : je n'ai rien fait."
        " Si vous voulez que ce soit fait, dites-le comme un ordre.",
    },
    "what": {
        "en": "“{said}”: what exactly? For example {tools}.",
        "fr": "« {said} » : quoi exactement ? Par exemple {tools}.",
    },
    "near": {
        "en": " The nearest thing I can do: “{example}”.",
        "fr": " Ce que je sais faire de plus proche : « {example} ».",
    },
    "no act": {
        "en": "None of the tools installed here does that, so I have done nothing: {said}.",
        "fr": "Aucun des outils installés ici ne fait cela, je n'ai donc rien fait : {said}.",
    },
    "suggested": {
        "en": " You can ask for the command itself, “run {command}”: policy decides on it, and may ask you first.",
        "fr": " Vous pouvez demander la commande elle-même, « exécute {command} » : la politique de sécurité en décide,"
        " et peut vous demander votre accord.",
    },
    "limited": {
        "en": "“{said}” holds a number, a date or a condition that nothing here can keep to, and without it the answer"
        " would be wrong: I have done nothing for it.{near}",
        "fr": "« {said} » contient un nombre, une date ou une condition dont rien ici ne sait tenir compte, et sans"
        " cela la réponse serait fausse : je n'ai rien fait pour cela.{near}",
    },
    "connected": {
        "en": "(I am the built-in model, not a language model; how to connect one is said above.)",
        "fr": "(Je suis le modèle intégré, pas un modèle de langage ; comment en connecter un est dit plus haut.)",
    },
    "doubt": {
        "en": "Do you mean this?\n\n{calls}\n\nI am not certain enough of it to do it unasked, so nothing is done yet."
        " Say “yes” and I do exactly that, or say in other words what you want.",
        "fr": "Voulez-vous dire ceci ?\n\n{calls}\n\nJe n'en suis pas assez sûr pour le faire de moi-même : rien n'est"
        " encore fait. Dites « oui » et je fais exactement cela, ou dites autrement ce que vous voulez.",
    },
    "doubted": {
        "en": "- “{said}”: {call}",
        "fr": "- « {said} » : {call}",
    },
    "ask path": {"en": "Which file?", "fr": "Quel fichier ?"},
    "ask folder": {"en": "Which folder?", "fr": "Quel dossier ?"},
    "ask quoted": {"en": "What should the {name} be?", "fr": "Quel texte pour « {name} » ?"},
    "ask named": {
        "en": "Which {name} (for example “{example}”)?",
        "fr": "Quelle valeur pour « {name} » (par exemple « {example} ») ?",
    },
    "ask timing": {
        "en": "When (for example “tomorrow at 18:00”, “every Monday at 9”)?",
        "fr": "Quand (par exemple « demain à 18h », « tous les lundis à 9h ») ?",
    },
    "ask content": {"en": "What should it contain?", "fr": "Quel contenu faut-il y mettre ?"},
    "ask command": {"en": "Which command?", "fr": "Quelle commande ?"},
    "ask expression": {"en": "What should I calculate?", "fr": "Quel calcul faut-il faire ?"},
    "ask url": {"en": "Which address (https://…)?", "fr": "Quelle adresse (https://…) ?"},
    "ask zone": {"en": "Which place or time zone?", "fr": "Quel lieu ou fuseau horaire ?"},
    "ask moment": {"en": "When (what date and time)?", "fr": "Quand (quelle date, quelle heure) ?"},
    "ask email": {"en": "Which e-mail address?", "fr": "Quelle adresse électronique ?"},
    "ask number": {"en": "What number for the {name}?", "fr": "Quel nombre pour « {name} » ?"},
    "ask name": {"en": "Under which file name?", "fr": "Sous quel nom de fichier ?"},
    "ask enum": {"en": "Which {name}: {choices}?", "fr": "Quelle valeur pour « {name} » : {choices} ?"},
    "ask other": {"en": "What should the {name} be?", "fr": "Quelle valeur pour « {name} » ?"},
    "ask lead": {
        "en": "To do “{said}” I need to know:",
        "fr": "Pour faire « {said} », il me manque :",
    },
    "refused": {
        "en": "This was refused, and I will not try it again: {said}. {reason}",
        "fr": "Ceci a été refusé, et je ne réessaie pas : {said}. {reason}",
    },
    "failed": {"en": "This did not work: {said}. {reason}", "fr": "Ceci n'a pas marché : {said}. {reason}"},
    "unknown outcome": {
        "en": "I do not know whether this happened: {said}. {reason}",
        "fr": "Je ne sais pas si ceci a eu lieu : {said}. {reason}",
    },
    "skipped": {
        "en": "So I did not go on with: {said}.",
        "fr": "Je n'ai donc pas poursuivi avec : {said}.",
    },
    "nothing": {
        "en": "Nothing was found, so I did not go on with: {said}.",
        "fr": "Rien n'a été trouvé : je n'ai donc pas poursuivi avec : {said}.",
    },
    "crowd": {
        "en": "That would take {count} calls, and I make at most {most} for one step: {said}. Name fewer at a time.",
        "fr": "Il faudrait {count} appels, et j'en fais au plus {most} par étape : {said}. Nommez-en moins à la fois.",
    },
    "cut short": {
        "en": "(The list it is taken from was cut short: there is more.)",
        "fr": "(La liste dont c'est tiré a été coupée : il y en a davantage.)",
    },
    "done": {"en": "Done: {said}.", "fr": "C'est fait : {said}."},
    "no result": {"en": "Nothing found.", "fr": "Rien trouvé."},
    "total": {"en": "Total: **{value}**{unit}.", "fr": "Total : **{value}**{unit}."},
    "average": {"en": "Average: **{value}**{unit}.", "fr": "Moyenne : **{value}**{unit}."},
    "number": {"en": "**{value}**{unit}", "fr": "**{value}**{unit}"},
    "passed": {"en": "Yes, it succeeded ({detail}).", "fr": "Oui, c'est réussi ({detail})."},
    "not passed": {"en": "No, it did not succeed ({detail}).", "fr": "Non, cela n'a pas réussi ({detail})."},
    "no verdict": {
        "en": "Its result does not say whether it succeeded; see above.",
        "fr": "Son résultat ne dit pas si c'est réussi ; voir ci-dessus.",
    },
    "clipped": {
        "en": "({count} more characters are not shown here; the whole result is kept with the run.)",
        "fr": "({count} caractères de plus ne sont pas montrés ici ; le résultat entier est gardé avec l'exécution.)",
    },
    "free": {"en": "**{value}** free. ", "fr": "**{value}** libres. "},
    "more": {"en": "… and {count} more", "fr": "… et {count} de plus"},
    "reading": {"en": "I read this as", "fr": "Je lis ici"},
    "step": {"en": "{count} step(s)", "fr": "{count} étape(s)"},
    "talk": {"en": "Small talk; no tool is needed.", "fr": "Conversation ; aucun outil n'est nécessaire."},
    "none": {
        "en": "Nothing here that I can turn into a call.",
        "fr": "Rien ici que je sache changer en appel d'outil.",
    },
    "doubtful": {"en": "Not certain enough to be done: I ask.", "fr": "Pas assez sûr pour agir : je demande."},
    "missing": {"en": "Something is missing: I ask.", "fr": "Il manque quelque chose : je demande."},
    "answering": {
        "en": "All results are in; I answer from them.",
        "fr": "Tous les résultats sont là ; j'en tire la réponse.",
    },
}  # fmt: skip

# Kinds of tools whose name is not the same in French.
CATEGORIES: Final[dict[str, str]] = {
    "files": "fichiers", "system": "système", "network": "réseau", "host": "machines", "schedule": "rappels",
    "data": "données", "tools": "outils", "mathematics": "calculs", "ai": "modèles", "custom": "autres",
}  # fmt: skip

UNITS: Final[dict[str, tuple[str, str, str, str]]] = {
    "line": ("line", "lines", "ligne", "lignes"),
    "file": ("file", "files", "fichier", "fichiers"),
    "folder": ("folder", "folders", "dossier", "dossiers"),
    "match": ("match", "matches", "occurrence", "occurrences"),
    "word": ("word", "words", "mot", "mots"),
    "size": ("byte", "bytes", "octet", "octets"),
    "cpu": ("processor", "processors", "processeur", "processeurs"),
}


def say(key: str, language: Language, **values: object) -> str:
    return SAY[key][language].format(**values) if values else SAY[key][language]


def unit(concept: str, count: object, language: Language) -> str:
    """` lines`, ` ligne`, or nothing where the unit has no name."""
    if concept not in UNITS:
        return ""
    many = count not in (0, 1, -1) if language == "fr" else count not in (1, -1)
    return " " + UNITS[concept][(2 if language == "fr" else 0) + many]
