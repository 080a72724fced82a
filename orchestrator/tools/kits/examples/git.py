"""Requests for the tools of the git kit."""

from orchestrator.tools.kits.examples import examples

_SITE = "https://example.org/shop.git"

GIT_STATUS = examples(
    en={
        "what is the git status?": {},
        "git status of the repository shop": {"path": "shop"},
        "which branch is the repository shop on?": {"path": "shop"},
        "is there anything to commit?": {},
        "which files did I change?": {},
        "do I have uncommitted changes?": {},
        "git status of shop": {"path": "shop"},
        "status of the repository shop": {"path": "shop"},
    },
    fr={
        "quel est le statut git ?": {},
        "statut git du dépôt shop": {"path": "shop"},
        "sur quelle branche est le dépôt shop ?": {"path": "shop"},
        "y a-t-il quelque chose à commiter ?": {},
        "quels fichiers ai-je changés ?": {},
        "ai-je des changements non commités ?": {},
        "statut git de shop": {"path": "shop"},
        "état du dépôt shop": {"path": "shop"},
    },
)

GIT_DIFF = examples(
    en={
        "show the git diff": {},
        "git diff of the repository shop": {"path": "shop"},
        "show the staged git diff": {"staged": True},
        "what changed in git since main?": {"since": "main"},
        "what did I change since the last commit?": {},
        "show me my changes line by line": {},
        "show the diff of the repository shop": {"path": "shop"},
        "what changed in the repository shop?": {"path": "shop"},
        "show the diff of shop": {"path": "shop"},
    },
    fr={
        "montre le diff git": {},
        "diff git du dépôt shop": {"path": "shop"},
        "montre le diff git indexé": {"staged": True},
        "qu'est-ce qui a changé dans git depuis main ?": {"since": "main"},
        "qu'ai-je changé depuis le dernier commit ?": {},
        "montre-moi mes changements ligne par ligne": {},
        "montre les différences du dépôt shop": {"path": "shop"},
        "qu'est-ce qui a changé dans le dépôt shop ?": {"path": "shop"},
        "montre les différences de shop": {"path": "shop"},
    },
)

GIT_LOG = examples(
    en={
        "show the git history": {},
        "the last 5 commits": {"limit": 5},
        "commits of the repository shop": {"path": "shop"},
        "git log": {},
        "what are the latest commits?": {},
        "show the history of the repository": {},
        "list the commits": {},
        "show the commits of shop": {"path": "shop"},
        "show the git history of shop": {"path": "shop"},
    },
    fr={
        "montre l'historique git": {},
        "les 5 derniers commits": {"limit": 5},
        "commits du dépôt shop": {"path": "shop"},
        "historique des commits": {},
        "quels sont les derniers commits ?": {},
        "montre l'historique du dépôt": {},
        "liste les commits": {},
        "montre les commits de shop": {"path": "shop"},
        "derniers commits de shop": {"path": "shop"},
        "montre l'historique git de shop": {"path": "shop"},
    },
)

GIT_SHOW = examples(
    en={
        "show the commit a1b2c3d": {"ref": "a1b2c3d"},
        "what did the commit 9f8e7d6 change?": {"ref": "9f8e7d6"},
        "show the last commit": {},
        "git show HEAD": {"ref": "HEAD"},
        "show the last commit of shop": {"path": "shop"},
    },
    fr={
        "montre le commit a1b2c3d": {"ref": "a1b2c3d"},
        "que change le commit 9f8e7d6 ?": {"ref": "9f8e7d6"},
        "montre le dernier commit": {},
        "git show HEAD": {"ref": "HEAD"},
        "montre le dernier commit de shop": {"path": "shop"},
    },
)

GIT_BLAME = examples(
    en={
        "git blame src/main.py": {"file": "src/main.py"},
        "blame README.md": {"file": "README.md"},
        "who last changed each line of app.py?": {"file": "app.py"},
        "which commit wrote each line of setup.cfg?": {"file": "setup.cfg"},
        "who wrote the lines of app.py?": {"file": "app.py"},
    },
    fr={
        "git blame src/main.py": {"file": "src/main.py"},
        "blame de README.md": {"file": "README.md"},
        "qui a changé en dernier chaque ligne de app.py ?": {"file": "app.py"},
        "quel commit a écrit chaque ligne de setup.cfg ?": {"file": "setup.cfg"},
        "qui a écrit les lignes de app.py ?": {"file": "app.py"},
    },
)

GIT_BRANCHES = examples(
    en={
        "which branches are there?": {},
        "show the git branches": {},
        "branches of the repository shop": {"path": "shop"},
        "git branch": {},
        "which branch am I on?": {},
        "list the branches": {},
        "list the branches of shop": {"path": "shop"},
    },
    fr={
        "quelles branches y a-t-il ?": {},
        "montre les branches git": {},
        "branches du dépôt shop": {"path": "shop"},
        "toutes les branches": {},
        "sur quelle branche suis-je ?": {},
        "liste les branches": {},
        "liste les branches de shop": {"path": "shop"},
    },
)

GIT_COMMIT = examples(
    en={
        'commit with the message "fix the login"': {"message": "fix the login"},
        'commit everything: "add the tests"': {"message": "add the tests"},
        'commit the changes of the repository shop as "new prices"': {"path": "shop", "message": "new prices"},
        'git commit -m "first version"': {"message": "first version"},
        'commit my changes with the message "tidy up"': {"message": "tidy up"},
        'commit all as "first draft"': {"message": "first draft"},
        "commit with the message add tests": {"message": "add tests"},
        'commit all my changes, message "tidy up"': {"message": "tidy up"},
        'commit everything with the message "tidy up"': {"message": "tidy up"},
        'commit all with the message "tidy up"': {"message": "tidy up"},
        'commit it all: "tidy up"': {"message": "tidy up"},
        'git commit -m "tidy up"': {"message": "tidy up"},
        'commit "tidy up"': {"message": "tidy up"},
        'commit everything in the repository shop with the message "tidy up"': {"path": "shop", "message": "tidy up"},
        'commit everything in shop with the message "tidy up"': {"path": "shop", "message": "tidy up"},
    },
    fr={
        "commite avec le message « corrige la connexion »": {"message": "corrige la connexion"},
        "commite tout : « ajoute les tests »": {"message": "ajoute les tests"},
        "commite les changements du dépôt shop avec « nouveaux prix »": {"path": "shop", "message": "nouveaux prix"},
        "fais un commit « première version »": {"message": "première version"},
        "fais un commit avec le message « range un peu »": {"message": "range un peu"},
        "commite tout comme « premier jet »": {"message": "premier jet"},
        "commite avec le message ajoute des tests": {"message": "ajoute des tests"},
        "commite tous mes changements, message « range un peu »": {"message": "range un peu"},
        "committe le tout avec le message « rangement »": {"message": "rangement"},
        "committe tout avec le message « rangement »": {"message": "rangement"},
        "commit « rangement »": {"message": "rangement"},
        "commite tout : « rangement »": {"message": "rangement"},
        "fais un commit « rangement »": {"message": "rangement"},
        "commite tout dans le dépôt shop avec le message « rangement »": {"path": "shop", "message": "rangement"},
        "fais un commit du dépôt shop avec le message « rangement »": {"path": "shop", "message": "rangement"},
        "valide tout avec le message « rangement »": {"message": "rangement"},
        "commite tout dans shop avec le message « rangement »": {"path": "shop", "message": "rangement"},
        "valide tout dans shop avec le message « rangement »": {"path": "shop", "message": "rangement"},
    },
)

GIT_SWITCH = examples(
    en={
        "switch to the branch main": {"branch": "main"},
        "check out the branch feature/login": {"branch": "feature/login"},
        "make a new branch called fix-prices": {"branch": "fix-prices", "create": True},
        "git switch develop": {"branch": "develop"},
        "create a branch called prices": {"branch": "prices", "create": True},
        "create the branch login-page": {"branch": "login-page", "create": True},
        "change to the branch main": {"branch": "main"},
        "go back to the branch main": {"branch": "main"},
        "go to the branch main": {"branch": "main"},
        "create a branch feature/login": {"branch": "feature/login", "create": True},
        "new branch prices": {"branch": "prices", "create": True},
        "switch to main": {"branch": "main"},
        "switch back to develop": {"branch": "develop"},
        "git checkout master": {"branch": "master"},
        "create the branch prices in the repository shop": {"branch": "prices", "create": True, "path": "shop"},
        "create a branch prices in shop": {"branch": "prices", "create": True, "path": "shop"},
    },
    fr={
        "passe sur la branche main": {"branch": "main"},
        "bascule sur la branche feature/login": {"branch": "feature/login"},
        "fais une nouvelle branche appelée corrige-prix": {"branch": "corrige-prix", "create": True},
        "va sur la branche develop": {"branch": "develop"},
        "crée une branche appelée prix": {"branch": "prix", "create": True},
        "crée la branche page-login": {"branch": "page-login", "create": True},
        "change pour la branche main": {"branch": "main"},
        "reviens sur la branche main": {"branch": "main"},
        "crée une branche feature/login": {"branch": "feature/login", "create": True},
        "nouvelle branche prix": {"branch": "prix", "create": True},
        "passe sur main": {"branch": "main"},
        "reviens sur develop": {"branch": "develop"},
        "git checkout master": {"branch": "master"},
        "crée la branche prix dans le dépôt shop": {"branch": "prix", "create": True, "path": "shop"},
        "crée une branche prix dans shop": {"branch": "prix", "create": True, "path": "shop"},
    },
)

GIT_MERGE = examples(
    en={
        "merge the branch feature/login": {"branch": "feature/login"},
        "git merge develop": {"branch": "develop"},
        "merge main into this branch": {"branch": "main"},
        "merge the branch fix-prices in the repository shop": {"branch": "fix-prices", "path": "shop"},
        "merge feature/login": {"branch": "feature/login"},
    },
    fr={
        "fusionne la branche feature/login": {"branch": "feature/login"},
        "fusionne develop": {"branch": "develop"},
        "fusionne main dans cette branche": {"branch": "main"},
        "fusionne la branche corrige-prix dans le dépôt shop": {"branch": "corrige-prix", "path": "shop"},
        "fusionne feature/login": {"branch": "feature/login"},
    },
)

GIT_STASH = examples(
    en={
        "stash my changes": {},
        "git stash": {},
        "git stash pop": {"action": "pop"},
        "git stash list": {"action": "list"},
        "put my changes aside": {},
        "bring my stashed changes back": {"action": "pop"},
        "restore my stashed changes": {"action": "pop"},
    },
    fr={
        "remise mes changements": {},
        "git stash": {},
        "git stash pop": {"action": "pop"},
        "git stash list": {"action": "list"},
        "mets de côté mes changements": {},
        "reprends mes changements mis de côté": {"action": "pop"},
        "remets mes changements mis de côté": {"action": "pop"},
    },
)

GIT_CLONE = examples(
    en={
        "clone https://example.org/shop.git": {"url": _SITE},
        "clone the repository https://example.org/shop.git into code": {"url": _SITE, "path": "code"},
        "git clone https://example.com/team/site": {"url": "https://example.com/team/site"},
        "get a clone of https://example.com/team/site": {"url": "https://example.com/team/site"},
    },
    fr={
        "clone https://example.org/shop.git": {"url": _SITE},
        "clone le dépôt https://example.org/shop.git dans code": {"url": _SITE, "path": "code"},
        "git clone https://example.com/team/site": {"url": "https://example.com/team/site"},
        "fais un clone de https://example.com/team/site": {"url": "https://example.com/team/site"},
    },
)

GIT_PULL = examples(
    en={
        "git pull": {},
        "pull the repository shop": {"path": "shop"},
        "pull from the remote upstream": {"remote": "upstream"},
        "bring the repository shop up to date": {"path": "shop"},
        "pull the newest commits": {},
        "update the git repository": {},
        "get the latest commits from the server": {},
        "pull the latest changes from the git server": {},
        "pull": {},
        "pull the latest changes": {},
    },
    fr={
        "git pull": {},
        "tire les commits du dépôt shop": {"path": "shop"},
        "tire depuis le serveur upstream": {"remote": "upstream"},
        "mets à jour le dépôt shop": {"path": "shop"},
        "récupère les derniers commits": {},
        "mets à jour le dépôt git": {},
        "récupère les nouveautés du serveur git": {},
        "récupère les changements du serveur git": {},
        "pull": {},
        "récupère les derniers changements": {},
    },
)

GIT_PUSH = examples(
    en={
        "git push": {},
        "push my commits": {},
        "push the repository shop": {"path": "shop"},
        "push the branch fix-prices": {"branch": "fix-prices"},
        "send my commits to the server": {},
        "push": {},
        "push my work to the server": {},
        "push the branch fix-prices of the repository shop": {"branch": "fix-prices", "path": "shop"},
        "push the branch fix-prices of shop": {"branch": "fix-prices", "path": "shop"},
    },
    fr={
        "git push": {},
        "pousse mes commits": {},
        "pousse le dépôt shop": {"path": "shop"},
        "pousse la branche corrige-prix": {"branch": "corrige-prix"},
        "envoie mes commits au serveur": {},
        "pousse": {},
        "pousse mon travail": {},
        "pousse la branche corrige-prix du dépôt shop": {"branch": "corrige-prix", "path": "shop"},
        "pousse la branche corrige-prix de shop": {"branch": "corrige-prix", "path": "shop"},
    },
)
