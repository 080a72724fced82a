"""Requests for the tools of the commands kit."""

from orchestrator.tools.kits.examples import examples

EXECUTE_COMMAND = examples(
    en={
        "run ls -la": {"command": "ls -la"},
        'execute the command "git status"': {"command": "git status"},
        "run python3 script.py with a limit of 10 seconds": {"command": "python3 script.py", "timeout": 10},
        "launch `make build`": {"command": "make build"},
        "in the shell, run wc -l *.txt": {"command": "wc -l *.txt"},
        "execute cat access.log | sort | uniq -c": {"command": "cat access.log | sort | uniq -c"},
        "start npm test and stop it after 25 seconds": {"command": "npm test", "timeout": 25},
        "run the shell command: du -sh .": {"command": "du -sh ."},
        "please run pytest -q": {"command": "pytest -q"},
        "$ uname -a": {"command": "uname -a"},
        "run make test with a timeout of 60 seconds": {"command": "make test", "timeout": 60},
        "run `make clean && make`": {"command": "make clean && make"},
        "run the command npm run build": {"command": "npm run build"},
        "run this command: ls | wc -l": {"command": "ls | wc -l"},
    },
    fr={
        "exécute ls -la": {"command": "ls -la"},
        "lance la commande « git status »": {"command": "git status"},
        "exécute python3 script.py avec une limite de 10 secondes": {"command": "python3 script.py", "timeout": 10},
        "lance `make build`": {"command": "make build"},
        "dans le terminal, exécute wc -l *.txt": {"command": "wc -l *.txt"},
        "exécute cat acces.log | sort | uniq -c": {"command": "cat acces.log | sort | uniq -c"},
        "démarre npm test et arrête-le au bout de 25 secondes": {"command": "npm test", "timeout": 25},
        "fais tourner la commande shell : du -sh .": {"command": "du -sh ."},
        "lance pytest -q s'il te plaît": {"command": "pytest -q"},
        "tape uname -a dans un terminal": {"command": "uname -a"},
        "lance make test avec un délai de 60 secondes": {"command": "make test", "timeout": 60},
        "lance la commande npm run build": {"command": "npm run build"},
        "exécute cette commande : ls | wc -l": {"command": "ls | wc -l"},
        "tape ls -la": {"command": "ls -la"},
    },
)
