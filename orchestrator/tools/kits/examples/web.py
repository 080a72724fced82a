"""Requests for the tools of the web kit."""

from orchestrator.tools.kits.examples import examples

WEB_SEARCH = examples(
    en={
        "search the web for sourdough bread": {"query": "sourdough bread"},
        "look up the height of Mont Blanc on the internet": {"query": "the height of Mont Blanc"},
        'search online for "zero copy" in kernels': {"query": '"zero copy" in kernels'},
        "web search python 3.14 release notes": {"query": "python 3.14 release notes"},
        "google the best hiking boots": {"query": "the best hiking boots"},
        "find websites about beekeeping": {"query": "beekeeping"},
        "find me online a recipe for bread": {"query": "a recipe for bread"},
        "look up when the museum opens on the web": {"query": "when the museum opens"},
        "search online for cheap shoes": {"query": "cheap shoes"},
    },
    fr={
        "cherche le pain au levain sur le web": {"query": "le pain au levain"},
        "cherche sur internet la hauteur du Mont Blanc": {"query": "la hauteur du Mont Blanc"},
        "cherche sur le web des recettes de crêpes": {"query": "des recettes de crêpes"},
        "recherche web notes de version python 3.14": {"query": "notes de version python 3.14"},
        "fais une recherche en ligne sur l'apiculture": {"query": "l'apiculture"},
        "trouve des sites web sur la randonnée": {"query": "la randonnée"},
        "trouve-moi sur internet un hôtel à Nice": {"query": "un hôtel à Nice"},
        "fais une recherche web sur les chats": {"query": "les chats"},
    },
)

READ_PAGE = examples(
    en={
        "read the page https://example.org/news": {"url": "https://example.org/news"},
        "read https://example.com/article.html": {"url": "https://example.com/article.html"},
        "what does the article https://example.org/story say?": {"url": "https://example.org/story"},
        "give me the text of the web page https://example.com/guide": {"url": "https://example.com/guide"},
    },
    fr={
        "lis la page https://example.org/actualites": {"url": "https://example.org/actualites"},
        "lis https://example.com/article.html": {"url": "https://example.com/article.html"},
        "que dit l'article https://example.org/histoire ?": {"url": "https://example.org/histoire"},
        "donne-moi le texte de la page web https://example.com/guide": {"url": "https://example.com/guide"},
    },
)

DOWNLOAD_FILE = examples(
    en={
        "download https://example.com/report.pdf": {"url": "https://example.com/report.pdf"},
        "save https://example.com/logo.png": {"url": "https://example.com/logo.png"},
        "download https://example.org/sales.csv to data/sales.csv": {
            "url": "https://example.org/sales.csv",
            "path": "data/sales.csv",
        },
        "save the page https://example.com/guide as guide.html": {
            "url": "https://example.com/guide",
            "path": "guide.html",
        },
        "download the file https://example.com/data.zip into the folder downloads": {
            "url": "https://example.com/data.zip",
            "path": "downloads",
        },
        "download https://example.com/data.csv again and overwrite it": {
            "url": "https://example.com/data.csv",
            "overwrite": True,
        },
        "download https://example.com/data.csv, replacing what is there": {
            "url": "https://example.com/data.csv",
            "overwrite": True,
        },
        "download the picture https://example.com/cat.jpg": {"url": "https://example.com/cat.jpg"},
    },
    fr={
        "télécharge https://example.com/rapport.pdf": {"url": "https://example.com/rapport.pdf"},
        "enregistre https://example.com/logo.png": {"url": "https://example.com/logo.png"},
        "télécharge https://example.org/ventes.csv dans data/ventes.csv": {
            "url": "https://example.org/ventes.csv",
            "path": "data/ventes.csv",
        },
        "télécharge https://example.org/ventes.csv sous le nom janvier.csv": {
            "url": "https://example.org/ventes.csv",
            "path": "janvier.csv",
        },
        "enregistre la page https://example.com/guide sous guide.html": {
            "url": "https://example.com/guide",
            "path": "guide.html",
        },
        "télécharge le fichier https://example.com/data.zip dans le dossier telechargements": {
            "url": "https://example.com/data.zip",
            "path": "telechargements",
        },
        "télécharge encore https://example.com/data.csv en remplaçant le fichier": {
            "url": "https://example.com/data.csv",
            "overwrite": True,
        },
        "télécharge https://example.com/data.csv en écrasant l'ancien": {
            "url": "https://example.com/data.csv",
            "overwrite": True,
        },
        "télécharge l'image https://example.com/chat.jpg": {"url": "https://example.com/chat.jpg"},
    },
)
