"""Requests for the tools of the meta kit."""

from orchestrator.tools.kits.examples import examples

LIST_TOOLS = examples(
    en={
        "list all the tools": {},
        "list every tool there is": {},
        "list the tools of the category git": {"category": "git"},
        "list the tools of the category docker": {"category": "docker"},
        "which tools do you have for git?": {"category": "git"},
        "what docker tools are there?": {"category": "docker"},
        "list all your tools": {},
        "show the list of your tools": {},
        "which tools are installed?": {},
    },
    fr={
        "liste tous les outils": {},
        "liste chaque outil": {},
        "liste les outils de la catégorie git": {"category": "git"},
        "liste les outils de la catégorie docker": {"category": "docker"},
        "quels outils as-tu pour git ?": {"category": "git"},
        "quels sont les outils docker ?": {"category": "docker"},
        "liste tous tes outils": {},
        "montre la liste de tous tes outils": {},
        "fais voir tes outils": {},
        "fais voir la liste des outils": {},
        "quels outils sont installés ?": {},
    },
)

DESCRIBE_TOOL = examples(
    en={
        "describe the tool read_file": {"name": "read_file"},
        "what does the tool git_log do?": {"name": "git_log"},
        "explain the tool http_request": {"name": "http_request"},
        "which arguments does the tool write_file take?": {"name": "write_file"},
    },
    fr={
        "décris l'outil read_file": {"name": "read_file"},
        "que fait l'outil git_log ?": {"name": "git_log"},
        "explique l'outil http_request": {"name": "http_request"},
        "quels arguments prend l'outil write_file ?": {"name": "write_file"},
    },
)

RELOAD_TOOLS = examples(
    en={
        "reload the tools": {},
        "reload the tools now": {},
        "reload all tools": {},
        "reload the tools of the folder": {},
    },
    fr={
        "recharge les outils": {},
        "recharge les outils maintenant": {},
        "recharge tous les outils": {},
        "recharge les outils du dossier": {},
    },
)

CREATE_TOOL = examples(
    en={
        'draft a tool called roll_die: "rolls a die"': {"name": "roll_die", "description": "rolls a die"},
        'draft a new tool tell_joke that "tells a joke"': {"name": "tell_joke", "description": "tells a joke"},
        'draft a tool called moon_phase: "tells the phase of the moon"': {
            "name": "moon_phase",
            "description": "tells the phase of the moon",
        },
        'draft a new tool count_sheep that "counts sheep"': {"name": "count_sheep", "description": "counts sheep"},
    },
    fr={
        "ébauche un outil appelé lance_de : « lance un dé »": {"name": "lance_de", "description": "lance un dé"},
        "ébauche un nouvel outil blague qui « raconte une blague »": {
            "name": "blague",
            "description": "raconte une blague",
        },
        "ébauche un outil appelé phase_lune : « donne la phase de la lune »": {
            "name": "phase_lune",
            "description": "donne la phase de la lune",
        },
        "ébauche un nouvel outil moutons qui « compte les moutons »": {
            "name": "moutons",
            "description": "compte les moutons",
        },
    },
)
