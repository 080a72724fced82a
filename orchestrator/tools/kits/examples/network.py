"""Requests for the tools of the network kit."""

from orchestrator.tools.kits.examples import examples

PING = examples(
    en={
        "ping example.org": {"host": "example.org"},
        "does 192.0.2.10 answer to ping?": {"host": "192.0.2.10"},
        "ping example.org 5 times": {"host": "example.org", "count": 5},
        "what is the latency to example.com?": {"host": "example.com"},
        "is example.org reachable?": {"host": "example.org"},
        "does example.com respond?": {"host": "example.com"},
        "send 4 pings to 192.0.2.10": {"host": "192.0.2.10", "count": 4},
        "can example.org be reached from here?": {"host": "example.org"},
    },
    fr={
        "ping example.org": {"host": "example.org"},
        "192.0.2.10 répond-il au ping ?": {"host": "192.0.2.10"},
        "fais 5 pings vers example.org": {"host": "example.org", "count": 5},
        "quelle est la latence vers example.com ?": {"host": "example.com"},
        "example.org est-il joignable ?": {"host": "example.org"},
        "est-ce que example.com répond ?": {"host": "example.com"},
        "envoie 4 pings à 192.0.2.10": {"host": "192.0.2.10", "count": 4},
    },
)

CHECK_PORT = examples(
    en={
        "is port 443 of example.org open?": {"host": "example.org", "port": 443},
        "check port 22 on example.com": {"host": "example.com", "port": 22},
        "test whether port 5432 of db.example.org is open": {"host": "db.example.org", "port": 5432},
        "is example.org listening on port 80?": {"host": "example.org", "port": 80},
        "can I reach port 8080 of 192.0.2.10?": {"host": "192.0.2.10", "port": 8080},
    },
    fr={
        "le port 443 de example.org est-il ouvert ?": {"host": "example.org", "port": 443},
        "vérifie le port 22 de example.com": {"host": "example.com", "port": 22},
        "teste si le port 5432 de db.example.org est ouvert": {"host": "db.example.org", "port": 5432},
        "example.org écoute-t-il sur le port 80 ?": {"host": "example.org", "port": 80},
        "est-ce que le port 8080 est ouvert sur 192.0.2.10 ?": {"host": "192.0.2.10", "port": 8080},
    },
)

DNS_LOOKUP = examples(
    en={
        "what is the IP address of example.org?": {"host": "example.org"},
        "DNS lookup of example.com": {"host": "example.com"},
        "MX records of example.org": {"host": "example.org", "type": "MX"},
        "TXT records of example.com": {"host": "example.com", "type": "TXT"},
        "resolve www.example.org": {"host": "www.example.org"},
        "which mail servers has example.org?": {"host": "example.org", "type": "MX"},
        "who receives the mail of example.org?": {"host": "example.org", "type": "MX"},
        "find the ip of example.com": {"host": "example.com"},
    },
    fr={
        "quelle est l'adresse IP de example.org ?": {"host": "example.org"},
        "résolution DNS de example.com": {"host": "example.com"},
        "enregistrements MX de example.org": {"host": "example.org", "type": "MX"},
        "enregistrements TXT de example.com": {"host": "example.com", "type": "TXT"},
        "résous www.example.org": {"host": "www.example.org"},
        "quels sont les serveurs de mail de example.org ?": {"host": "example.org", "type": "MX"},
        "qui reçoit les mails de example.org ?": {"host": "example.org", "type": "MX"},
        "trouve l'ip de example.com": {"host": "example.com"},
    },
)

TRACE_ROUTE = examples(
    en={
        "trace the route to example.org": {"host": "example.org"},
        "traceroute example.com": {"host": "example.com"},
        "which hops lie between here and example.org?": {"host": "example.org"},
        "what is the network path to example.com?": {"host": "example.com"},
        "which way do packets take to 192.0.2.10?": {"host": "192.0.2.10"},
        "trace the way to example.com": {"host": "example.com"},
    },
    fr={
        "trace la route vers example.org": {"host": "example.org"},
        "traceroute example.com": {"host": "example.com"},
        "quels sauts y a-t-il jusqu'à example.org ?": {"host": "example.org"},
        "quel est le chemin réseau vers example.com ?": {"host": "example.com"},
        "par où passent les paquets pour aller à 192.0.2.10 ?": {"host": "192.0.2.10"},
        "trace le chemin jusqu'à example.com": {"host": "example.com"},
        "par où passe-t-on pour joindre 192.0.2.10 ?": {"host": "192.0.2.10"},
    },
)

TLS_CERTIFICATE = examples(
    en={
        "when does the certificate of example.org expire?": {"host": "example.org"},
        "show the TLS certificate of example.com": {"host": "example.com"},
        "who issued the certificate of example.org?": {"host": "example.org"},
        "is the SSL certificate of example.com valid?": {"host": "example.com"},
        "until when is the certificate of example.org valid?": {"host": "example.org"},
        "when does the certificate of example.com run out?": {"host": "example.com"},
    },
    fr={
        "quand expire le certificat de example.org ?": {"host": "example.org"},
        "montre le certificat TLS de example.com": {"host": "example.com"},
        "qui a émis le certificat de example.org ?": {"host": "example.org"},
        "le certificat SSL de example.com est-il valide ?": {"host": "example.com"},
        "jusqu'à quand le certificat de example.org est-il valable ?": {"host": "example.org"},
        "le certificat de example.com est-il bientôt périmé ?": {"host": "example.com"},
    },
)

HTTP_CHECK = examples(
    en={
        "is the site https://example.org up?": {"url": "https://example.org"},
        "is https://example.com down?": {"url": "https://example.com"},
        "how fast does https://example.org answer?": {"url": "https://example.org"},
        "check that the site https://example.com works": {"url": "https://example.com"},
        "does my site https://example.org work?": {"url": "https://example.org"},
        "is the site https://example.com online?": {"url": "https://example.com"},
    },
    fr={
        "le site https://example.org est-il en ligne ?": {"url": "https://example.org"},
        "https://example.com est-il en panne ?": {"url": "https://example.com"},
        "en combien de temps répond https://example.org ?": {"url": "https://example.org"},
        "vérifie que le site https://example.com fonctionne": {"url": "https://example.com"},
        "mon site https://example.org marche-t-il ?": {"url": "https://example.org"},
        "le site https://example.com répond-il ?": {"url": "https://example.com"},
    },
)
