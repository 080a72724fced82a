"""Requests for the tools of the files kit."""

from orchestrator.tools.kits.examples import examples

READ_FILE = examples(
    en={
        "read notes.txt": {"path": "notes.txt"},
        "show me the content of src/main.py": {"path": "src/main.py"},
        "what is in README.md?": {"path": "README.md"},
        "open the file report.csv": {"path": "report.csv"},
        "display the first 20 lines of server.log": {"path": "server.log", "max_lines": 20},
        "print config/settings.toml from line 40": {"path": "config/settings.toml", "start_line": 40},
        "give me lines 10 to 15 of poem.md": {"path": "poem.md", "start_line": 10, "max_lines": 6},
        "cat todo.md": {"path": "todo.md"},
        'what does the file "my ideas.txt" say?': {"path": "my ideas.txt"},
        "head -n 5 data.json": {"path": "data.json", "max_lines": 5},
    },
    fr={
        "lis notes.txt": {"path": "notes.txt"},
        "montre-moi le contenu de src/main.py": {"path": "src/main.py"},
        "qu'y a-t-il dans README.md ?": {"path": "README.md"},
        "ouvre le fichier rapport.csv": {"path": "rapport.csv"},
        "affiche les 20 premières lignes de serveur.log": {"path": "serveur.log", "max_lines": 20},
        "affiche config/reglages.toml à partir de la ligne 40": {"path": "config/reglages.toml", "start_line": 40},
        "donne-moi les lignes 10 à 15 de poeme.md": {"path": "poeme.md", "start_line": 10, "max_lines": 6},
        "que dit le fichier « mes idées.txt » ?": {"path": "mes idées.txt"},
        "peux-tu me lire liste-courses.md ?": {"path": "liste-courses.md"},
        "que contient donnees.json ?": {"path": "donnees.json"},
    },
)

WRITE_FILE = examples(
    en={
        "write hello to greeting.txt": {"path": "greeting.txt", "content": "hello"},
        'create a file notes.md containing "buy milk"': {"path": "notes.md", "content": "buy milk"},
        "save 42 in answer.txt": {"path": "answer.txt", "content": "42"},
        'append "done" to journal.log': {"path": "journal.log", "content": "done", "append": True},
        'add the line "- call the bank" to todo.md': {"path": "todo.md", "content": "- call the bank", "append": True},
        'put "debug = true" into conf/app.toml': {"path": "conf/app.toml", "content": "debug = true"},
        "make an empty file called empty.txt": {"path": "empty.txt", "content": ""},
        'replace the content of status.txt with "ready"': {"path": "status.txt", "content": "ready"},
        "store the text 'see you tomorrow' in message.txt": {"path": "message.txt", "content": "see you tomorrow"},
        'write "print(1)" at the end of script.py': {"path": "script.py", "content": "print(1)", "append": True},
    },
    fr={
        "écris bonjour dans salut.txt": {"path": "salut.txt", "content": "bonjour"},
        "crée un fichier notes.md contenant « acheter du lait »": {"path": "notes.md", "content": "acheter du lait"},
        "enregistre 42 dans reponse.txt": {"path": "reponse.txt", "content": "42"},
        "ajoute « terminé » à journal.log": {"path": "journal.log", "content": "terminé", "append": True},
        "ajoute la ligne « - appeler la banque » à la fin de taches.md": {
            "path": "taches.md",
            "content": "- appeler la banque",
            "append": True,
        },
        'mets "debug = true" dans conf/app.toml': {"path": "conf/app.toml", "content": "debug = true"},
        "fais un fichier vide nommé vide.txt": {"path": "vide.txt", "content": ""},
        "remplace le contenu de etat.txt par « prêt »": {"path": "etat.txt", "content": "prêt"},
        "sauvegarde le texte 'à demain' dans message.txt": {"path": "message.txt", "content": "à demain"},
        "note « rendez-vous à 9 h » dans agenda.txt": {"path": "agenda.txt", "content": "rendez-vous à 9 h"},
    },
)

LIST_DIRECTORY = examples(
    en={
        "list the files": {},
        "what files are here?": {},
        "show the content of the folder docs": {"path": "docs"},
        "what is in the directory src/app?": {"path": "src/app"},
        "list everything in src, subfolders included": {"path": "src", "recursive": True},
        "list all files recursively": {"recursive": True},
        "ls": {},
        "which folders and files do I have in my workspace?": {},
        "show me the whole tree of this folder": {"recursive": True},
        "ls -R tests": {"path": "tests", "recursive": True},
        "show the files in docs": {"path": "docs"},
    },
    fr={
        "liste les fichiers": {},
        "quels fichiers y a-t-il ici ?": {},
        "montre le contenu du dossier docs": {"path": "docs"},
        "qu'y a-t-il dans le répertoire src/app ?": {"path": "src/app"},
        "liste tout ce qu'il y a dans src, sous-dossiers compris": {"path": "src", "recursive": True},
        "liste tous les fichiers récursivement": {"recursive": True},
        "affiche les fichiers du dossier courant": {},
        "quels dossiers et fichiers ai-je dans mon espace de travail ?": {},
        "montre-moi toute l'arborescence de ce dossier": {"recursive": True},
        "donne la liste des fichiers de tests, récursivement": {"path": "tests", "recursive": True},
        "affiche les fichiers de docs": {"path": "docs"},
    },
)

SEARCH_FILES = examples(
    en={
        "find TODO in the project": {"text": "TODO"},
        "find all Python files": {"pattern": "*.py"},
        "search for TODO in the files": {"text": "TODO"},
        "which files contain the word password?": {"text": "password"},
        "search for the word hello in the files": {"text": "hello"},
        "find markdown files in docs": {"pattern": "*.md", "path": "docs"},
        'look for "import os" in the Python files': {"pattern": "*.py", "text": "import os"},
        "where is the file settings.toml?": {"pattern": "settings.toml"},
        "list the JSON files here": {"pattern": "*.json"},
        'grep "timeout" in src': {"text": "timeout", "path": "src"},
        "find files whose name starts with test_": {"pattern": "test_*"},
        "find the lines mentioning error in the logs of the folder var": {
            "pattern": "*.log",
            "text": "error",
            "path": "var",
        },
    },
    fr={
        "cherche TODO dans le projet": {"text": "TODO"},
        "trouve tous les fichiers Python": {"pattern": "*.py"},
        "cherche TODO dans les fichiers": {"text": "TODO"},
        "quels fichiers contiennent le mot facture ?": {"text": "facture"},
        "cherche le mot loyer dans les fichiers": {"text": "loyer"},
        "trouve les fichiers markdown de docs": {"pattern": "*.md", "path": "docs"},
        "cherche « import os » dans les fichiers Python": {"pattern": "*.py", "text": "import os"},
        "où est le fichier reglages.toml ?": {"pattern": "reglages.toml"},
        "liste les fichiers JSON": {"pattern": "*.json"},
        "recherche le texte délai dans le dossier src": {"text": "délai", "path": "src"},
        "trouve les fichiers dont le nom commence par test_": {"pattern": "test_*"},
        "trouve les lignes qui parlent d'erreur dans les journaux du dossier var": {
            "pattern": "*.log",
            "text": "erreur",
            "path": "var",
        },
    },
)
