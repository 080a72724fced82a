"""Requests for the tools of the huggingface kit."""

from orchestrator.tools.kits.examples import examples

_MODEL, _SMALL, _DATA, _IMDB = "acme/tiny-bert", "gpt2", "acme/reviews", "stanfordnlp/imdb"

HUGGINGFACE_MODELS = examples(
    en={
        'search hugging face for models called "bert"': {"search": "bert"},
        'find models on hugging face for "mistral"': {"search": "mistral"},
        'hugging face models for the task "translation"': {"task": "translation"},
        "list the models on hugging face": {},
        "find speech models on hugging face": {"search": "speech"},
        "which bert models are there on hugging face?": {"search": "bert"},
        "search hugging face for models about weather": {"search": "weather"},
        "find models for speech on hugging face": {"search": "speech"},
    },
    fr={
        "cherche sur hugging face les modèles appelés « bert »": {"search": "bert"},
        "trouve des modèles sur hugging face pour « mistral »": {"search": "mistral"},
        "modèles hugging face pour la tâche « translation »": {"task": "translation"},
        "liste les modèles sur hugging face": {},
        "cherche des modèles de parole sur hugging face": {"search": "parole"},
        "quels modèles bert y a-t-il sur hugging face ?": {"search": "bert"},
        "cherche sur hugging face des modèles sur la météo": {"search": "la météo"},
        "trouve des modèles de parole sur hugging face": {"search": "parole"},
    },
)

HUGGINGFACE_MODEL = examples(
    en={
        "what is the hugging face model acme/tiny-bert?": {"model": _MODEL},
        "describe the model acme/tiny-bert on hugging face": {"model": _MODEL},
        "tell me about the model gpt2 on hugging face": {"model": _SMALL},
        "hugging face card of the model gpt2": {"model": _SMALL},
        "tell me about the hugging face model gpt2": {"model": "gpt2"},
        "which licence has the model tiny-bert?": {"model": "tiny-bert"},
        "info on the model acme/tiny-bert": {"model": "acme/tiny-bert"},
        "details of the model gpt2": {"model": "gpt2"},
        "look up acme/tiny-bert on HF": {"model": "acme/tiny-bert"},
        "look up the model acme/tiny-bert": {"model": "acme/tiny-bert"},
        "how many downloads has the model acme/tiny-bert?": {"model": "acme/tiny-bert"},
        "show the model acme/tiny-bert": {"model": "acme/tiny-bert"},
        "model card of acme/tiny-bert": {"model": "acme/tiny-bert"},
    },
    fr={
        "qu'est-ce que le modèle hugging face acme/tiny-bert ?": {"model": _MODEL},
        "décris le modèle acme/tiny-bert sur hugging face": {"model": _MODEL},
        "parle-moi du modèle gpt2 sur hugging face": {"model": _SMALL},
        "fiche hugging face du modèle gpt2": {"model": _SMALL},
        "parle-moi du modèle gpt2": {"model": "gpt2"},
        "quelle licence a le modèle tiny-bert ?": {"model": "tiny-bert"},
        "infos sur le modèle acme/tiny-bert": {"model": "acme/tiny-bert"},
        "détails du modèle gpt2": {"model": "gpt2"},
        "regarde acme/tiny-bert sur HF": {"model": "acme/tiny-bert"},
        "combien de téléchargements a le modèle acme/tiny-bert ?": {"model": "acme/tiny-bert"},
        "montre le modèle acme/tiny-bert": {"model": "acme/tiny-bert"},
        "carte du modèle acme/tiny-bert": {"model": "acme/tiny-bert"},
    },
)

HUGGINGFACE_DATASETS = examples(
    en={
        'search hugging face for datasets called "reviews"': {"search": "reviews"},
        'find datasets on hugging face for "weather"': {"search": "weather"},
        "list the datasets on hugging face": {},
        'hugging face datasets for "speech"': {"search": "speech"},
        "search hugging face for datasets about cars": {"search": "cars"},
        "find weather datasets on hugging face": {"search": "weather"},
        "find datasets about cars on hugging face": {"search": "cars"},
    },
    fr={
        "cherche sur hugging face les jeux de données appelés « avis »": {"search": "avis"},
        "trouve des jeux de données sur hugging face pour « météo »": {"search": "météo"},
        "liste les jeux de données sur hugging face": {},
        "jeux de données hugging face pour « parole »": {"search": "parole"},
        "cherche sur hugging face des datasets sur les voitures": {"search": "les voitures"},
        "trouve des datasets météo sur hugging face": {"search": "météo"},
        "trouve des datasets sur les voitures sur hugging face": {"search": "les voitures"},
    },
)

HUGGINGFACE_DATASET = examples(
    en={
        "what is the hugging face dataset acme/reviews?": {"dataset": _DATA},
        "describe the dataset acme/reviews on hugging face": {"dataset": _DATA},
        "tell me about the dataset stanfordnlp/imdb on hugging face": {"dataset": _IMDB},
        "hugging face card of the dataset stanfordnlp/imdb": {"dataset": _IMDB},
        "tell me about the dataset squad": {"dataset": "squad"},
    },
    fr={
        "qu'est-ce que le jeu de données hugging face acme/reviews ?": {"dataset": _DATA},
        "décris le jeu de données acme/reviews sur hugging face": {"dataset": _DATA},
        "parle-moi du jeu de données stanfordnlp/imdb sur hugging face": {"dataset": _IMDB},
        "fiche hugging face du jeu de données stanfordnlp/imdb": {"dataset": _IMDB},
        "parle-moi du dataset squad": {"dataset": "squad"},
    },
)

HUGGINGFACE_ROWS = examples(
    en={
        "show the first rows of acme/reviews on hugging face": {"dataset": _DATA},
        "the first 5 rows of the hugging face dataset acme/reviews": {"dataset": _DATA, "limit": 5},
        "show the first rows of stanfordnlp/imdb on hugging face": {"dataset": _IMDB},
        "the first 20 rows of the hugging face dataset stanfordnlp/imdb": {"dataset": _IMDB, "limit": 20},
        "show the first rows of the dataset squad": {"dataset": "squad"},
        "the first 10 rows of the squad dataset": {"dataset": "squad", "limit": 10},
    },
    fr={
        "montre les premières lignes de acme/reviews sur hugging face": {"dataset": _DATA},
        "les 5 premières lignes du jeu de données hugging face acme/reviews": {"dataset": _DATA, "limit": 5},
        "montre les premières lignes de stanfordnlp/imdb sur hugging face": {"dataset": _IMDB},
        "les 20 premières lignes du jeu de données hugging face stanfordnlp/imdb": {"dataset": _IMDB, "limit": 20},
        "montre les premières lignes du dataset squad": {"dataset": "squad"},
        "les 10 premières lignes du dataset squad": {"dataset": "squad", "limit": 10},
    },
)

HUGGINGFACE_RUN = examples(
    en={
        'run acme/tiny-bert on hugging face with "I love it"': {"model": _MODEL, "text": "I love it"},
        'run the hugging face model acme/tiny-bert with "a bad film"': {"model": _MODEL, "text": "a bad film"},
        'run gpt2 on hugging face with "Once upon a time"': {"model": _SMALL, "text": "Once upon a time"},
        'run the hugging face model gpt2 with "The sea"': {"model": _SMALL, "text": "The sea"},
        'run acme/tiny-bert on "a bad film"': {"model": "acme/tiny-bert", "text": "a bad film"},
        'try the model acme/tiny-bert on "so good"': {"model": "acme/tiny-bert", "text": "so good"},
        'ask acme/tiny-bert on HF about "a bad film"': {"model": "acme/tiny-bert", "text": "a bad film"},
        'feed "Once upon a time" to gpt2 on hugging face': {"model": "gpt2", "text": "Once upon a time"},
    },
    fr={
        "exécute acme/tiny-bert sur hugging face avec « j'adore »": {"model": _MODEL, "text": "j'adore"},
        "exécute le modèle hugging face acme/tiny-bert avec « un mauvais film »": {
            "model": _MODEL,
            "text": "un mauvais film",
        },
        "exécute gpt2 sur hugging face avec « Il était une fois »": {"model": _SMALL, "text": "Il était une fois"},
        "exécute le modèle hugging face gpt2 avec « La mer »": {"model": _SMALL, "text": "La mer"},
        "exécute acme/tiny-bert sur « un mauvais film »": {"model": "acme/tiny-bert", "text": "un mauvais film"},
        "essaie le modèle acme/tiny-bert sur « très bon »": {"model": "acme/tiny-bert", "text": "très bon"},
        "fais tourner acme/tiny-bert avec « un mauvais film »": {"model": "acme/tiny-bert", "text": "un mauvais film"},
    },
)
