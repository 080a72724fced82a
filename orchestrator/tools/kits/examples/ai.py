"""Requests for the tools of the ai kit."""

from orchestrator.tools.kits.examples import examples

_SEA = "The sea is wide and blue."
_MER = "La mer est vaste et bleue."

ASK_MODEL = examples(
    en={
        'ask a model "why is the sky blue?"': {"prompt": "why is the sky blue?"},
        'ask another model "who wrote Faust?"': {"prompt": "who wrote Faust?"},
        'ask the model openai/gpt-4.1 "is 97 prime?"': {"prompt": "is 97 prime?", "model": "openai/gpt-4.1"},
        'ask the model ollama "name three rivers"': {"prompt": "name three rivers", "model": "ollama"},
        "ask another model why leaves are green": {"prompt": "why leaves are green"},
        "ask a language model what entropy is": {"prompt": "what entropy is"},
    },
    fr={
        "demande à un modèle « pourquoi le ciel est-il bleu ? »": {"prompt": "pourquoi le ciel est-il bleu ?"},
        "demande à un autre modèle « qui a écrit Faust ? »": {"prompt": "qui a écrit Faust ?"},
        "demande au modèle openai/gpt-4.1 « 97 est-il premier ? »": {
            "prompt": "97 est-il premier ?",
            "model": "openai/gpt-4.1",
        },
        "demande au modèle ollama « nomme trois fleuves »": {"prompt": "nomme trois fleuves", "model": "ollama"},
        "demande à un autre modèle pourquoi les feuilles sont vertes": {"prompt": "pourquoi les feuilles sont vertes"},
        "demande à un modèle de langue ce qu'est l'entropie": {"prompt": "ce qu'est l'entropie"},
    },
)

SUMMARISE_TEXT = examples(
    en={
        'summarise "The sea is wide and blue."': {"text": _SEA},
        'summarize "The sea is wide and blue."': {"text": _SEA},
        'summarise "The sea is wide and blue." in 10 words': {"text": _SEA, "words": 10},
        'give a summary of "The sea is wide and blue."': {"text": _SEA},
        'sum up this text: "The sea is wide and blue."': {"text": "The sea is wide and blue."},
    },
    fr={
        "résume « La mer est vaste et bleue. »": {"text": _MER},
        "résume en 10 mots « La mer est vaste et bleue. »": {"text": _MER, "words": 10},
        "fais un résumé de « La mer est vaste et bleue. »": {"text": _MER},
        "fais la synthèse de « La mer est vaste et bleue. »": {"text": _MER},
        "résume ce texte : « La mer est vaste et bleue. »": {"text": "La mer est vaste et bleue."},
    },
)

TRANSLATE_TEXT = examples(
    en={
        'translate "The sea is wide and blue." into French': {"text": _SEA, "language": "French"},
        'translate "good morning" into German': {"text": "good morning", "language": "German"},
        'translate into Spanish: "see you soon"': {"text": "see you soon", "language": "Spanish"},
        'translate "thank you" into Italian': {"text": "thank you", "language": "Italian"},
        'how do you say "thank you" in Japanese?': {"text": "thank you", "language": "Japanese"},
        'put "good morning" into Dutch': {"text": "good morning", "language": "Dutch"},
        'translate "see you soon" to Portuguese': {"text": "see you soon", "language": "Portuguese"},
        'how would you say "good evening" in Polish?': {"text": "good evening", "language": "Polish"},
    },
    fr={
        "traduis « La mer est vaste et bleue. » en anglais": {"text": _MER, "language": "anglais"},
        "traduis « bonjour » en allemand": {"text": "bonjour", "language": "allemand"},
        "traduis en espagnol : « à bientôt »": {"text": "à bientôt", "language": "espagnol"},
        "traduis « merci » en italien": {"text": "merci", "language": "italien"},
        "comment dit-on « bonjour » en japonais ?": {"text": "bonjour", "language": "japonais"},
        "mets « bonne nuit » en portugais": {"text": "bonne nuit", "language": "portugais"},
        "traduis « à demain » vers le chinois": {"text": "à demain", "language": "chinois"},
        "comment dirais-tu « bonsoir » en polonais ?": {"text": "bonsoir", "language": "polonais"},
    },
)

CLASSIFY_TEXT = examples(
    en={
        'classify "I love it" as "good, bad"': {"text": "I love it", "labels": "good, bad"},
        'classify "it is broken" as "praise, complaint"': {"text": "it is broken", "labels": "praise, complaint"},
        'classify "pay now!" as "spam, letter"': {"text": "pay now!", "labels": "spam, letter"},
        'classify "see you" as "formal, casual"': {"text": "see you", "labels": "formal, casual"},
        'is "I love it" good or bad?': {"text": "I love it", "labels": "good or bad"},
        'sort "pay now!" into "spam, letter"': {"text": "pay now!", "labels": "spam, letter"},
        'sort "it broke" into praise or complaint': {"text": "it broke", "labels": "praise or complaint"},
    },
    fr={
        "classe « j'adore » comme « positif, négatif »": {"text": "j'adore", "labels": "positif, négatif"},
        "classe « c'est cassé » comme « éloge, plainte »": {"text": "c'est cassé", "labels": "éloge, plainte"},
        "classe « payez vite ! » comme « spam, lettre »": {"text": "payez vite !", "labels": "spam, lettre"},
        "classe « à plus » comme « formel, familier »": {"text": "à plus", "labels": "formel, familier"},
        "est-ce que « j'adore » est positif ou négatif ?": {"text": "j'adore", "labels": "positif ou négatif"},
        "range « payez vite ! » dans « spam, lettre »": {"text": "payez vite !", "labels": "spam, lettre"},
        "range « c'est cassé » dans éloge ou plainte": {"text": "c'est cassé", "labels": "éloge ou plainte"},
    },
)

DESCRIBE_IMAGE = examples(
    en={
        "describe the picture cat.png": {"path": "cat.png"},
        "what is in the picture photos/sea.jpg?": {"path": "photos/sea.jpg"},
        "describe the image plan.webp": {"path": "plan.webp"},
        "what does the image scan.jpg show?": {"path": "scan.jpg"},
        "what can you see in the photo dog.jpg?": {"path": "dog.jpg"},
        "look at the image map.png": {"path": "map.png"},
    },
    fr={
        "décris la photo chat.png": {"path": "chat.png"},
        "qu'y a-t-il sur la photo photos/mer.jpg ?": {"path": "photos/mer.jpg"},
        "décris l'image plan.webp": {"path": "plan.webp"},
        "que montre l'image scan.jpg ?": {"path": "scan.jpg"},
        "que vois-tu sur l'image chien.jpg ?": {"path": "chien.jpg"},
        "regarde la photo carte.png": {"path": "carte.png"},
    },
)
