"""Requests for the tools of the github kit."""

from orchestrator.tools.kits.examples import examples

_SHOP, _SITE = "octo/shop", "team/site"

GITHUB_SEARCH = examples(
    en={
        'search github for "task queue"': {"query": "task queue"},
        'find repositories about "vector search" on github': {"query": "vector search"},
        'search the github issues for "login fails"': {"query": "login fails", "kind": "issues"},
        'search the github code for "def main"': {"query": "def main", "kind": "code"},
        "search github for image viewers": {"query": "image viewers"},
        "find projects about chess on github": {"query": "chess"},
    },
    fr={
        "cherche « file de tâches » sur github": {"query": "file de tâches"},
        "trouve des dépôts sur « recherche vectorielle » sur github": {"query": "recherche vectorielle"},
        "cherche « connexion impossible » dans les tickets github": {"query": "connexion impossible", "kind": "issues"},
        "cherche « def main » dans le code de github": {"query": "def main", "kind": "code"},
        "cherche des lecteurs d'images sur github": {"query": "lecteurs d'images"},
        "trouve des projets sur les échecs sur github": {"query": "les échecs"},
    },
)

GITHUB_REPOSITORY = examples(
    en={
        "what is the github repository octo/shop?": {"repository": _SHOP},
        "how many stars does octo/shop have on github?": {"repository": _SHOP},
        "tell me about team/site on github": {"repository": _SITE},
        "describe the github repository team/site": {"repository": _SITE},
        "how many stars has octo/shop?": {"repository": "octo/shop"},
        "what is octo/shop about?": {"repository": "octo/shop"},
    },
    fr={
        "qu'est-ce que le dépôt github octo/shop ?": {"repository": _SHOP},
        "combien d'étoiles a octo/shop sur github ?": {"repository": _SHOP},
        "parle-moi de team/site sur github": {"repository": _SITE},
        "décris le dépôt github team/site": {"repository": _SITE},
        "combien d'étoiles a octo/shop ?": {"repository": "octo/shop"},
        "c'est quoi octo/shop ?": {"repository": "octo/shop"},
    },
)

GITHUB_FILES = examples(
    en={
        "list the files of the github repository octo/shop": {"repository": _SHOP},
        "which files are in src of octo/shop on github?": {"repository": _SHOP, "folder": "src"},
        "what is in the github repository team/site?": {"repository": _SITE},
        "list the folder docs of team/site on github": {"repository": _SITE, "folder": "docs"},
    },
    fr={
        "liste les fichiers du dépôt github octo/shop": {"repository": _SHOP},
        "quels fichiers y a-t-il dans src de octo/shop sur github ?": {"repository": _SHOP, "folder": "src"},
        "qu'y a-t-il dans le dépôt github team/site ?": {"repository": _SITE},
        "liste le dossier docs de team/site sur github": {"repository": _SITE, "folder": "docs"},
    },
)

GITHUB_READ = examples(
    en={
        "read README.md of octo/shop on github": {"repository": _SHOP, "file": "README.md"},
        "show src/main.py of the github repository octo/shop": {"repository": _SHOP, "file": "src/main.py"},
        "read setup.cfg from team/site on github": {"repository": _SITE, "file": "setup.cfg"},
        "what does docs/index.md of team/site on github say?": {"repository": _SITE, "file": "docs/index.md"},
        "show setup.py of octo/shop": {"repository": "octo/shop", "file": "setup.py"},
        "open the file docs/a.md of team/site on github": {"repository": "team/site", "file": "docs/a.md"},
    },
    fr={
        "lis README.md de octo/shop sur github": {"repository": _SHOP, "file": "README.md"},
        "montre src/main.py du dépôt github octo/shop": {"repository": _SHOP, "file": "src/main.py"},
        "lis setup.cfg de team/site sur github": {"repository": _SITE, "file": "setup.cfg"},
        "que dit docs/index.md de team/site sur github ?": {"repository": _SITE, "file": "docs/index.md"},
        "montre setup.py de octo/shop": {"repository": "octo/shop", "file": "setup.py"},
        "ouvre le fichier docs/a.md de team/site sur github": {"repository": "team/site", "file": "docs/a.md"},
    },
)

GITHUB_ISSUES = examples(
    en={
        "list the issues of octo/shop": {"repository": _SHOP},
        "which issues are open in octo/shop?": {"repository": _SHOP, "state": "open"},
        "list the closed issues of team/site": {"repository": _SITE, "state": "closed"},
        "issues of the github repository team/site": {"repository": _SITE},
        "what issues are open in octo/shop?": {"repository": "octo/shop"},
        "list the issues of team/site": {"repository": "team/site"},
        "show the issues of octo/shop": {"repository": "octo/shop"},
        "open issues octo/shop": {"repository": "octo/shop", "state": "open"},
        "closed issues of octo/shop": {"repository": "octo/shop", "state": "closed"},
        "issues labelled bug in octo/shop": {"repository": "octo/shop", "label": "bug"},
    },
    fr={
        "liste les tickets de octo/shop": {"repository": _SHOP},
        "quels tickets sont ouverts dans octo/shop ?": {"repository": _SHOP, "state": "open"},
        "liste les tickets fermés de team/site": {"repository": _SITE, "state": "closed"},
        "issues du dépôt github team/site": {"repository": _SITE},
        "quelles issues sont ouvertes dans octo/shop ?": {"repository": "octo/shop"},
        "liste les issues de team/site": {"repository": "team/site"},
        "montre les issues de octo/shop": {"repository": "octo/shop"},
        "issues ouvertes octo/shop": {"repository": "octo/shop", "state": "open"},
        "issues fermées de octo/shop": {"repository": "octo/shop", "state": "closed"},
        "lister les issues ouvertes octo/shop": {"repository": "octo/shop", "state": "open"},
    },
)

GITHUB_ISSUE = examples(
    en={
        "read issue 12 of octo/shop": {"repository": _SHOP, "number": 12},
        "show the issue 7 of octo/shop": {"repository": _SHOP, "number": 7},
        "what does issue 3 of team/site say?": {"repository": _SITE, "number": 3},
        "read the github issue 45 of team/site": {"repository": _SITE, "number": 45},
        "open issue 4 of octo/shop, I want to read it": {"repository": "octo/shop", "number": 4},
    },
    fr={
        "lis le ticket 12 de octo/shop": {"repository": _SHOP, "number": 12},
        "montre le ticket 7 de octo/shop": {"repository": _SHOP, "number": 7},
        "que dit le ticket 3 de team/site ?": {"repository": _SITE, "number": 3},
        "lis l'issue github 45 de team/site": {"repository": _SITE, "number": 45},
        "montre l'issue 4 de octo/shop": {"repository": "octo/shop", "number": 4},
        "lis l'issue 8 de team/site": {"repository": "team/site", "number": 8},
    },
)

GITHUB_PULL_REQUESTS = examples(
    en={
        "list the pull requests of octo/shop": {"repository": _SHOP},
        "which pull requests are open in octo/shop?": {"repository": _SHOP, "state": "open"},
        "list the closed pull requests of team/site": {"repository": _SITE, "state": "closed"},
        "pull requests of the github repository team/site": {"repository": _SITE},
        "PRs of octo/shop": {"repository": "octo/shop"},
        "open PRs of octo/shop": {"repository": "octo/shop", "state": "open"},
        "closed PRs of octo/shop": {"repository": "octo/shop", "state": "closed"},
        "list the open PRs octo/shop": {"repository": "octo/shop", "state": "open"},
    },
    fr={
        "liste les pull requests de octo/shop": {"repository": _SHOP},
        "quelles pull requests sont ouvertes dans octo/shop ?": {"repository": _SHOP, "state": "open"},
        "liste les pull requests fermées de team/site": {"repository": _SITE, "state": "closed"},
        "pull requests du dépôt github team/site": {"repository": _SITE},
        "PR de octo/shop": {"repository": "octo/shop"},
        "PR ouvertes de octo/shop": {"repository": "octo/shop", "state": "open"},
        "PR fermées de octo/shop": {"repository": "octo/shop", "state": "closed"},
        "lister les PR ouvertes octo/shop": {"repository": "octo/shop", "state": "open"},
        "liste PR ouvertes octo/shop": {"repository": "octo/shop", "state": "open"},
    },
)

GITHUB_PULL_REQUEST = examples(
    en={
        "read pull request 12 of octo/shop": {"repository": _SHOP, "number": 12},
        "show the pull request 7 of octo/shop": {"repository": _SHOP, "number": 7},
        "what does pull request 3 of team/site change?": {"repository": _SITE, "number": 3},
        "read the github pull request 45 of team/site": {"repository": _SITE, "number": 45},
        "PR 12 of octo/shop": {"repository": "octo/shop", "number": 12},
        "what does PR 12 of octo/shop change?": {"repository": "octo/shop", "number": 12},
        "details of pull request 12 of octo/shop": {"repository": "octo/shop", "number": 12},
    },
    fr={
        "lis la pull request 12 de octo/shop": {"repository": _SHOP, "number": 12},
        "montre la pull request 7 de octo/shop": {"repository": _SHOP, "number": 7},
        "que change la pull request 3 de team/site ?": {"repository": _SITE, "number": 3},
        "lis la pull request github 45 de team/site": {"repository": _SITE, "number": 45},
        "PR 12 de octo/shop": {"repository": "octo/shop", "number": 12},
        "PR 12 octo/shop": {"repository": "octo/shop", "number": 12},
        "que change la PR 12 de octo/shop ?": {"repository": "octo/shop", "number": 12},
        "détails de la pull request 12 de octo/shop": {"repository": "octo/shop", "number": 12},
    },
)

GITHUB_CLONE = examples(
    en={
        "clone octo/shop from github": {"repository": _SHOP},
        "clone the github repository octo/shop into code": {"repository": _SHOP, "path": "code"},
        "clone the github repository team/site": {"repository": _SITE},
        "clone team/site from github into copy": {"repository": _SITE, "path": "copy"},
        "clone https://github.com/octo/shop": {"repository": "octo/shop"},
        "git clone octo/shop": {"repository": _SHOP},
        "get a copy of the repository octo/shop": {"repository": _SHOP},
    },
    fr={
        "clone octo/shop depuis github": {"repository": _SHOP},
        "clone le dépôt github octo/shop dans code": {"repository": _SHOP, "path": "code"},
        "clone le dépôt github team/site": {"repository": _SITE},
        "clone team/site depuis github dans copie": {"repository": _SITE, "path": "copie"},
        "git clone octo/shop": {"repository": _SHOP},
        "récupère le dépôt octo/shop": {"repository": _SHOP},
    },
)
