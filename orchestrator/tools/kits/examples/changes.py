"""Requests for the tools of the changes kit."""

from orchestrator.tools.kits.examples import examples

EDIT_FILE = examples(
    en={
        'in config.toml, replace "debug = true" with "debug = false"': {
            "path": "config.toml",
            "find": "debug = true",
            "replace": "debug = false",
        },
        'change "colour" to "color" in style.css': {"path": "style.css", "find": "colour", "replace": "color"},
        'edit notes.md: replace "Monday" by "Tuesday"': {"path": "notes.md", "find": "Monday", "replace": "Tuesday"},
        'substitute "http" with "https" in links.txt': {"path": "links.txt", "find": "http", "replace": "https"},
        "in config.toml replace 80 by 81": {"path": "config.toml", "find": "80", "replace": "81"},
        "in config.toml change 80 to 81": {"path": "config.toml", "find": "80", "replace": "81"},
    },
    fr={
        "dans config.toml, remplace « debug = true » par « debug = false »": {
            "path": "config.toml",
            "find": "debug = true",
            "replace": "debug = false",
        },
        "change « couleur » en « teinte » dans style.css": {
            "path": "style.css",
            "find": "couleur",
            "replace": "teinte",
        },
        "modifie notes.md : remplace « lundi » par « mardi »": {
            "path": "notes.md",
            "find": "lundi",
            "replace": "mardi",
        },
        "substitue « http » par « https » dans liens.txt": {"path": "liens.txt", "find": "http", "replace": "https"},
        "dans config.toml remplace 80 par 81": {"path": "config.toml", "find": "80", "replace": "81"},
        "dans config.toml change 80 en 81": {"path": "config.toml", "find": "80", "replace": "81"},
    },
)

MOVE_FILE = examples(
    en={
        "move draft.txt to archive": {"source": "draft.txt", "destination": "archive"},
        "rename report.csv to report-2024.csv": {"source": "report.csv", "destination": "report-2024.csv"},
        "move src/old.py into attic/old.py": {"source": "src/old.py", "destination": "attic/old.py"},
        "mv a.txt b.txt": {"source": "a.txt", "destination": "b.txt"},
        "rename the file photo.png as cover.png": {"source": "photo.png", "destination": "cover.png"},
        "move draft.txt into the folder archive as archive/draft.txt": {
            "source": "draft.txt",
            "destination": "archive/draft.txt",
        },
    },
    fr={
        "déplace brouillon.txt dans archives": {"source": "brouillon.txt", "destination": "archives"},
        "renomme rapport.csv en rapport-2024.csv": {"source": "rapport.csv", "destination": "rapport-2024.csv"},
        "déplace src/ancien.py vers grenier/ancien.py": {
            "source": "src/ancien.py",
            "destination": "grenier/ancien.py",
        },
        "renomme le fichier photo.png en couverture.png": {"source": "photo.png", "destination": "couverture.png"},
        "mets brouillon.txt dans le dossier archives sous archives/brouillon.txt": {
            "source": "brouillon.txt",
            "destination": "archives/brouillon.txt",
        },
    },
)

COPY_FILE = examples(
    en={
        "copy notes.txt to backup.txt": {"source": "notes.txt", "destination": "backup.txt"},
        "make a copy of data.csv called data-old.csv": {"source": "data.csv", "destination": "data-old.csv"},
        "duplicate src/main.py as src/main2.py": {"source": "src/main.py", "destination": "src/main2.py"},
        "copy report.md into archive": {"source": "report.md", "destination": "archive"},
        "cp a.txt b.txt": {"source": "a.txt", "destination": "b.txt"},
    },
    fr={
        "copie notes.txt dans sauvegarde.txt": {"source": "notes.txt", "destination": "sauvegarde.txt"},
        "fais une copie de donnees.csv nommée anciennes.csv": {"source": "donnees.csv", "destination": "anciennes.csv"},
        "duplique src/main.py en src/main2.py": {"source": "src/main.py", "destination": "src/main2.py"},
        "copie rapport.md vers archives": {"source": "rapport.md", "destination": "archives"},
    },
)

DELETE_FILE = examples(
    en={
        "delete old.txt": {"path": "old.txt"},
        "remove the file tmp/cache.db": {"path": "tmp/cache.db"},
        "throw away draft.md": {"path": "draft.md"},
        "rm notes.txt": {"path": "notes.txt"},
        "erase report.csv": {"path": "report.csv"},
        "put draft.md in the bin": {"path": "draft.md"},
        "trash report.csv": {"path": "report.csv"},
    },
    fr={
        "supprime ancien.txt": {"path": "ancien.txt"},
        "efface le fichier tmp/cache.db": {"path": "tmp/cache.db"},
        "jette brouillon.md": {"path": "brouillon.md"},
        "supprime le fichier notes.txt": {"path": "notes.txt"},
        "mets brouillon.md à la corbeille": {"path": "brouillon.md"},
    },
)

RESTORE_FILE = examples(
    en={
        "restore old.txt": {"path": "old.txt"},
        "bring back notes.txt from the trash": {"path": "notes.txt"},
        "undelete report.csv": {"path": "report.csv"},
        "recover the deleted file draft.md": {"path": "draft.md"},
        "I deleted old.txt by mistake, bring it back": {"path": "old.txt"},
        "get report.csv back": {"path": "report.csv"},
        "undo the deletion of report.csv": {"path": "report.csv"},
        "I deleted old.txt by mistake, can you put it back?": {"path": "old.txt"},
        "put old.txt back": {"path": "old.txt"},
        "recover old.txt": {"path": "old.txt"},
    },
    fr={
        "restaure ancien.txt": {"path": "ancien.txt"},
        "récupère notes.txt dans la corbeille": {"path": "notes.txt"},
        "annule la suppression de rapport.csv": {"path": "rapport.csv"},
        "récupère le fichier supprimé brouillon.md": {"path": "brouillon.md"},
        "j'ai supprimé ancien.txt par erreur, récupère-le": {"path": "ancien.txt"},
        "fais revenir rapport.csv": {"path": "rapport.csv"},
        "j'ai effacé ancien.txt par erreur, tu peux le remettre ?": {"path": "ancien.txt"},
        "remets ancien.txt": {"path": "ancien.txt"},
        "retrouve le fichier supprimé ancien.txt": {"path": "ancien.txt"},
    },
)

MAKE_DIRECTORY = examples(
    en={
        "new folder called photos": {"path": "photos"},
        "mkdir archive": {"path": "archive"},
        "I need a folder src/lib": {"path": "src/lib"},
        "new directory reports": {"path": "reports"},
        "create a folder called photos": {"path": "photos"},
        "make a folder archive": {"path": "archive"},
        "I need a folder called reports": {"path": "reports"},
    },
    fr={
        "nouveau dossier nommé photos": {"path": "photos"},
        "il me faut un dossier src/lib": {"path": "src/lib"},
        "nouveau répertoire archives": {"path": "archives"},
        "nouveau dossier rapports": {"path": "rapports"},
        "crée un dossier nommé photos": {"path": "photos"},
        "fais un dossier archives": {"path": "archives"},
        "crée un dossier qui s'appelle photos": {"path": "photos"},
        "j'ai besoin d'un dossier rapports": {"path": "rapports"},
    },
)

ARCHIVE_FILES = examples(
    en={
        "zip src into src.zip": {"source": "src", "destination": "src.zip"},
        "pack the folder docs into docs.tar.gz": {"source": "docs", "destination": "docs.tar.gz"},
        "compress report.csv into report.zip": {"source": "report.csv", "destination": "report.zip"},
        "make an archive backup.tar.xz of notes.txt": {"source": "notes.txt", "destination": "backup.tar.xz"},
    },
    fr={
        "compresse src dans src.zip": {"source": "src", "destination": "src.zip"},
        "archive le dossier docs dans docs.tar.gz": {"source": "docs", "destination": "docs.tar.gz"},
        "zippe rapport.csv dans rapport.zip": {"source": "rapport.csv", "destination": "rapport.zip"},
        "fais une archive sauvegarde.tar.xz de notes.txt": {
            "source": "notes.txt",
            "destination": "sauvegarde.tar.xz",
        },
    },
)

UNPACK_ARCHIVE = examples(
    en={
        "unpack a.zip into b": {"path": "a.zip", "destination": "b"},
        "extract backup.tar.gz to restored": {"path": "backup.tar.gz", "destination": "restored"},
        "unzip photos.zip to pictures": {"path": "photos.zip", "destination": "pictures"},
        "untar release.tar.xz in build": {"path": "release.tar.xz", "destination": "build"},
        "decompress data.zip into data": {"path": "data.zip", "destination": "data"},
    },
    fr={
        "décompresse a.zip dans b": {"path": "a.zip", "destination": "b"},
        "extrais sauvegarde.tar.gz vers restauration": {"path": "sauvegarde.tar.gz", "destination": "restauration"},
        "dézippe photos.zip dans images": {"path": "photos.zip", "destination": "images"},
        "déballe livraison.tar.xz dans build": {"path": "livraison.tar.xz", "destination": "build"},
        "décompresse donnees.zip dans donnees": {"path": "donnees.zip", "destination": "donnees"},
    },
)

FILE_INFO = examples(
    en={
        "what is the sha256 of setup.bin?": {"path": "setup.bin"},
        "hash of notes.txt": {"path": "notes.txt"},
        "which encoding has letter.txt?": {"path": "letter.txt"},
        "what type of file is image.dat?": {"path": "image.dat"},
        "permissions of run.sh": {"path": "run.sh"},
        "checksum of data.iso": {"path": "data.iso"},
        "how large is the file notes.txt?": {"path": "notes.txt"},
        "when was notes.txt changed?": {"path": "notes.txt"},
    },
    fr={
        "quel est le sha256 de setup.bin ?": {"path": "setup.bin"},
        "empreinte de notes.txt": {"path": "notes.txt"},
        "quel est l'encodage de lettre.txt ?": {"path": "lettre.txt"},
        "quel est le type du fichier image.dat ?": {"path": "image.dat"},
        "droits de run.sh": {"path": "run.sh"},
        "quelle est la taille du fichier notes.txt ?": {"path": "notes.txt"},
        "quand notes.txt a-t-il été changé ?": {"path": "notes.txt"},
    },
)

WATCH_FILE = examples(
    en={
        "wait until report.csv changes": {"path": "report.csv"},
        "watch build.log": {"path": "build.log"},
        "wait for done.flag to appear": {"path": "done.flag"},
        "tell me when notes.txt is modified": {"path": "notes.txt"},
    },
    fr={
        "attends que rapport.csv change": {"path": "rapport.csv"},
        "surveille build.log": {"path": "build.log"},
        "attends que fini.txt apparaisse": {"path": "fini.txt"},
        "préviens-moi quand notes.txt est modifié": {"path": "notes.txt"},
    },
)
