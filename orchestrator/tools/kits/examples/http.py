"""Requests for the tools of the http kit."""

from orchestrator.tools.kits.examples import examples

HTTP_REQUEST = examples(
    en={
        "fetch https://example.com": {"url": "https://example.com"},
        "get the page https://example.org/index.html": {"url": "https://example.org/index.html"},
        "GET https://api.example.com/v1/items": {"url": "https://api.example.com/v1/items"},
        "what does http://example.net/status answer?": {"url": "http://example.net/status"},
        "send a HEAD request to https://example.com/file.zip": {
            "url": "https://example.com/file.zip",
            "method": "HEAD",
        },
        'POST "hello" to https://example.com/hook': {
            "url": "https://example.com/hook",
            "method": "POST",
            "body": "hello",
        },
        "delete https://api.example.com/items/7 with a DELETE request": {
            "url": "https://api.example.com/items/7",
            "method": "DELETE",
        },
        "call https://api.example.com/me with the header Accept: application/json": {
            "url": "https://api.example.com/me",
            "headers": {"Accept": "application/json"},
        },
        "open the web address https://example.com/news": {"url": "https://example.com/news"},
        "curl https://example.com/robots.txt": {"url": "https://example.com/robots.txt"},
    },
    fr={
        "récupère https://example.com": {"url": "https://example.com"},
        "récupère la page https://example.org/index.html": {"url": "https://example.org/index.html"},
        "fais une requête GET sur https://api.example.com/v1/items": {"url": "https://api.example.com/v1/items"},
        "que répond http://example.net/status ?": {"url": "http://example.net/status"},
        "envoie une requête HEAD à https://example.com/archive.zip": {
            "url": "https://example.com/archive.zip",
            "method": "HEAD",
        },
        "envoie « bonjour » en POST à https://example.com/hook": {
            "url": "https://example.com/hook",
            "method": "POST",
            "body": "bonjour",
        },
        "supprime https://api.example.com/items/7 avec une requête DELETE": {
            "url": "https://api.example.com/items/7",
            "method": "DELETE",
        },
        "appelle https://api.example.com/moi avec l'en-tête Accept: application/json": {
            "url": "https://api.example.com/moi",
            "headers": {"Accept": "application/json"},
        },
        "ouvre l'adresse web https://example.com/actualites": {"url": "https://example.com/actualites"},
        "va chercher https://example.com/robots.txt": {"url": "https://example.com/robots.txt"},
    },
)
