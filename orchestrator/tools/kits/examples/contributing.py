"""Requests for the tools of the contributing kit."""

from orchestrator.kernel.messages import Example
from orchestrator.tools.kits.examples import examples

_SHOP, _SITE = "octo/shop", "team/site"

GITHUB_CREATE_ISSUE = examples(
    en={
        'open an issue "login fails" in octo/shop': {"repository": _SHOP, "title": "login fails"},
        'open a github issue in team/site: "prices are wrong"': {"repository": _SITE, "title": "prices are wrong"},
        'report "the page is empty" as an issue in octo/shop': {"repository": _SHOP, "title": "the page is empty"},
        'file the issue "no tests" in team/site': {"repository": _SITE, "title": "no tests"},
        'create an issue "login fails" in octo/shop': {"repository": "octo/shop", "title": "login fails"},
        'open an issue in team/site called "prices are wrong"': {
            "repository": "team/site",
            "title": "prices are wrong",
        },
        'new issue in octo/shop: "the button is broken"': {"repository": "octo/shop", "title": "the button is broken"},
        'create issue octo/shop "the button is broken"': {"repository": "octo/shop", "title": "the button is broken"},
        'file an issue on octo/shop titled "slow start"': {"repository": "octo/shop", "title": "slow start"},
    },
    fr={
        "ouvre un ticket « connexion impossible » dans octo/shop": {
            "repository": _SHOP,
            "title": "connexion impossible",
        },
        "ouvre un ticket github dans team/site : « prix faux »": {"repository": _SITE, "title": "prix faux"},
        "signale « la page est vide » comme ticket dans octo/shop": {"repository": _SHOP, "title": "la page est vide"},
        "dépose le ticket « pas de tests » dans team/site": {"repository": _SITE, "title": "pas de tests"},
        "crée une issue « connexion impossible » dans octo/shop": {
            "repository": "octo/shop",
            "title": "connexion impossible",
        },
        "ouvre une issue dans team/site intitulée « prix faux »": {"repository": "team/site", "title": "prix faux"},
        "nouvelle issue dans octo/shop : « bouton cassé »": {"repository": "octo/shop", "title": "bouton cassé"},
        "créer issue octo/shop « bouton cassé »": {"repository": "octo/shop", "title": "bouton cassé"},
        "crée une issue octo/shop « bouton cassé »": {"repository": "octo/shop", "title": "bouton cassé"},
        "ouvre une issue sur octo/shop intitulée « démarrage lent »": {
            "repository": "octo/shop",
            "title": "démarrage lent",
        },
    },
)

GITHUB_COMMENT = examples(
    en={
        'comment "I can reproduce it" on issue 12 of octo/shop': {
            "repository": _SHOP,
            "number": 12,
            "body": "I can reproduce it",
        },
        'comment on issue 7 of team/site: "fixed in main"': {"repository": _SITE, "number": 7, "body": "fixed in main"},
        'reply "thank you" to issue 3 of octo/shop': {"repository": _SHOP, "number": 3, "body": "thank you"},
        'reply to pull request 9 of team/site: "looks good"': {"repository": _SITE, "number": 9, "body": "looks good"},
        'write "me too" under issue 12 of octo/shop': {"repository": "octo/shop", "number": 12, "body": "me too"},
        'comment "fixed" on octo/shop#12': {"repository": "octo/shop", "number": 12, "body": "fixed"},
        'comment on octo/shop#12: "fixed"': {"repository": "octo/shop", "number": 12, "body": "fixed"},
        'add the comment "done" to issue 4 of octo/shop': {"repository": "octo/shop", "number": 4, "body": "done"},
        'answer "thanks" on issue 4 of octo/shop': {"repository": "octo/shop", "number": 4, "body": "thanks"},
    },
    fr={
        "commente « je le reproduis » sur le ticket 12 de octo/shop": {
            "repository": _SHOP,
            "number": 12,
            "body": "je le reproduis",
        },
        "commente le ticket 7 de team/site : « corrigé »": {"repository": _SITE, "number": 7, "body": "corrigé"},
        "réponds « merci » au ticket 3 de octo/shop": {"repository": _SHOP, "number": 3, "body": "merci"},
        "réponds à la pull request 9 de team/site : « parfait »": {"repository": _SITE, "number": 9, "body": "parfait"},
        "commente « moi aussi » sur l'issue 12 de octo/shop": {
            "repository": "octo/shop",
            "number": 12,
            "body": "moi aussi",
        },
        "commente « corrigé » sur octo/shop#12": {"repository": "octo/shop", "number": 12, "body": "corrigé"},
        "ajoute le commentaire « fait » au ticket 4 de octo/shop": {
            "repository": "octo/shop",
            "number": 4,
            "body": "fait",
        },
        "commente octo/shop#12 : « corrigé »": {"repository": "octo/shop", "number": 12, "body": "corrigé"},
        "commente l'issue 4 de octo/shop avec « merci »": {"repository": "octo/shop", "number": 4, "body": "merci"},
    },
)


def _set_to(english: str, french: str) -> tuple[Example, ...]:
    """Of issues and pull requests alike."""
    return examples(
        en={
            f"{english} issue 12 of octo/shop": {"repository": _SHOP, "number": 12},
            f"{english} the github issue 7 of team/site": {"repository": _SITE, "number": 7},
            f"{english} pull request 3 of octo/shop": {"repository": _SHOP, "number": 3},
            f"{english} the github pull request 9 of team/site": {"repository": _SITE, "number": 9},
        },
        fr={
            f"{french} le ticket 12 de octo/shop": {"repository": _SHOP, "number": 12},
            f"{french} le ticket github 7 de team/site": {"repository": _SITE, "number": 7},
            f"{french} la pull request 3 de octo/shop": {"repository": _SHOP, "number": 3},
            f"{french} la pull request github 9 de team/site": {"repository": _SITE, "number": 9},
        },
    )


GITHUB_CLOSE = _set_to("close", "ferme")
GITHUB_REOPEN = _set_to("reopen", "rouvre")

GITHUB_CREATE_BRANCH = examples(
    en={
        "start a branch fix-login in octo/shop on github": {"repository": _SHOP, "branch": "fix-login"},
        "start the branch prices in team/site on github": {"repository": _SITE, "branch": "prices"},
        "branch off new-menu from develop in octo/shop on github": {
            "repository": _SHOP,
            "branch": "new-menu",
            "since": "develop",
        },
        "branch off docs in team/site on github": {"repository": _SITE, "branch": "docs"},
    },
    fr={
        "démarre une branche fix-login dans octo/shop sur github": {"repository": _SHOP, "branch": "fix-login"},
        "démarre la branche prix dans team/site sur github": {"repository": _SITE, "branch": "prix"},
        "démarre la branche menu dans octo/shop sur github": {
            "repository": _SHOP,
            "branch": "menu",
        },
        "démarre une branche docs dans team/site sur github": {"repository": _SITE, "branch": "docs"},
    },
)

GITHUB_COMMIT_FILE = examples(
    en={
        'commit "hello" as notes.md to octo/shop on github with the message "add notes"': {
            "repository": _SHOP,
            "file": "notes.md",
            "content": "hello",
            "message": "add notes",
        },
        'commit "1.2" as version.txt to team/site on github with the message "new version"': {
            "repository": _SITE,
            "file": "version.txt",
            "content": "1.2",
            "message": "new version",
        },
        'commit "a,b" as data/head.csv to octo/shop on github with the message "head"': {
            "repository": _SHOP,
            "file": "data/head.csv",
            "content": "a,b",
            "message": "head",
        },
        'commit "ok" as state.txt to team/site on github with the message "state"': {
            "repository": _SITE,
            "file": "state.txt",
            "content": "ok",
            "message": "state",
        },
    },
    fr={
        "commite « bonjour » comme notes.md sur octo/shop sur github avec le message « ajoute des notes »": {
            "repository": _SHOP,
            "file": "notes.md",
            "content": "bonjour",
            "message": "ajoute des notes",
        },
        "commite « 1.2 » comme version.txt sur team/site sur github avec le message « nouvelle version »": {
            "repository": _SITE,
            "file": "version.txt",
            "content": "1.2",
            "message": "nouvelle version",
        },
        "commite « a,b » comme data/head.csv sur octo/shop sur github avec le message « en-tête »": {
            "repository": _SHOP,
            "file": "data/head.csv",
            "content": "a,b",
            "message": "en-tête",
        },
        "commite « ok » comme state.txt sur team/site sur github avec le message « état »": {
            "repository": _SITE,
            "file": "state.txt",
            "content": "ok",
            "message": "état",
        },
    },
)

GITHUB_CREATE_PULL_REQUEST = examples(
    en={
        'open a pull request for the branch fix-login of octo/shop titled "fix the login"': {
            "repository": _SHOP,
            "title": "fix the login",
            "head": "fix-login",
        },
        'create a pull request "new prices" from the branch prices of team/site': {
            "repository": _SITE,
            "title": "new prices",
            "head": "prices",
        },
        'propose the branch fix-login of octo/shop as the pull request "fix the login"': {
            "repository": _SHOP,
            "title": "fix the login",
            "head": "fix-login",
        },
        'propose the branch prices of team/site as the pull request "new prices"': {
            "repository": _SITE,
            "title": "new prices",
            "head": "prices",
        },
        'propose the branch menu of octo/shop as the pull request "a new menu"': {
            "repository": _SHOP,
            "title": "a new menu",
            "head": "menu",
        },
        'propose the branch new-docs of team/site as the pull request "more docs"': {
            "repository": _SITE,
            "title": "more docs",
            "head": "new-docs",
        },
        'open a pull request on octo/shop from fix-login called "fix the login"': {
            "repository": _SHOP,
            "title": "fix the login",
            "head": "fix-login",
        },
        'create a PR for team/site from the branch prices titled "new prices"': {
            "repository": _SITE,
            "title": "new prices",
            "head": "prices",
        },
        'open a pull request on team/site from prices called "new prices"': {
            "repository": _SITE,
            "title": "new prices",
            "head": "prices",
        },
    },
    fr={
        "ouvre une pull request pour la branche fix-login de octo/shop intitulée « corrige la connexion »": {
            "repository": _SHOP,
            "title": "corrige la connexion",
            "head": "fix-login",
        },
        "crée une pull request « nouveaux prix » depuis la branche prix de team/site": {
            "repository": _SITE,
            "title": "nouveaux prix",
            "head": "prix",
        },
        "propose la branche fix-login de octo/shop comme pull request « corrige la connexion »": {
            "repository": _SHOP,
            "title": "corrige la connexion",
            "head": "fix-login",
        },
        "propose la branche prix de team/site comme pull request « nouveaux prix »": {
            "repository": _SITE,
            "title": "nouveaux prix",
            "head": "prix",
        },
        "propose la branche menu de octo/shop comme pull request « un nouveau menu »": {
            "repository": _SHOP,
            "title": "un nouveau menu",
            "head": "menu",
        },
        "propose la branche new-docs de team/site comme pull request « documentation »": {
            "repository": _SITE,
            "title": "documentation",
            "head": "new-docs",
        },
        "ouvre une pull request sur octo/shop depuis fix-login intitulée « corrige la connexion »": {
            "repository": _SHOP,
            "title": "corrige la connexion",
            "head": "fix-login",
        },
        "crée une PR sur team/site depuis la branche prix avec le titre « nouveaux prix »": {
            "repository": _SITE,
            "title": "nouveaux prix",
            "head": "prix",
        },
        "crée une pull request sur team/site depuis la branche menu avec le titre « un nouveau menu »": {
            "repository": _SITE,
            "title": "un nouveau menu",
            "head": "menu",
        },
    },
)
