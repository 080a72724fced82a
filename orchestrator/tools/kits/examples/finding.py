"""Requests for the tool that finds others."""

from orchestrator.tools.kits.examples import examples

FIND_TOOLS = examples(
    en={
        "find a tool for containers": {"query": "containers"},
        "which tool is there for certificates?": {"query": "certificates"},
        "look for a tool about archives": {"query": "archives"},
        'search the tools for "branches"': {"query": "branches"},
        'is there a tool to "restart a service"?': {"query": "restart a service"},
    },
    fr={
        "trouve un outil pour les conteneurs": {"query": "conteneurs"},
        "quel outil y a-t-il pour les certificats ?": {"query": "certificats"},
        "cherche un outil sur les archives": {"query": "archives"},
        "cherche « branches » parmi les outils": {"query": "branches"},
        "y a-t-il un outil pour « redémarrer un service » ?": {"query": "redémarrer un service"},
    },
)
