"""Requests for the tools of the system kit."""

from orchestrator.tools.kits.examples import examples

GET_SYSTEM_INFO = examples(
    en={
        "how much memory is free?": {},
        "what machine is this?": {},
        "show the system information": {},
        "how many processors do I have?": {},
        "how full is the disk?": {},
        "what is the load of the server?": {},
        "which operating system is running?": {},
        "how long has this computer been up?": {},
        "which Python version is installed?": {},
        "give me the CPU, memory and disk usage": {},
        "is the machine under load?": {},
        "since when is this machine up?": {},
        "uptime of the server": {},
    },
    fr={
        "combien de mémoire reste-t-il ?": {},
        "combien de mémoire et d'espace disque a cette machine ?": {},
        "quelle est cette machine ?": {},
        "affiche les informations système": {},
        "combien de processeurs ai-je ?": {},
        "le disque est-il plein ?": {},
        "quelle est la charge du serveur ?": {},
        "quel système d'exploitation tourne ici ?": {},
        "depuis combien de temps cet ordinateur est-il allumé ?": {},
        "quelle version de Python est installée ?": {},
        "donne-moi l'utilisation du processeur, de la mémoire et du disque": {},
        "la machine est-elle très chargée ?": {},
        "depuis quand la machine tourne-t-elle ?": {},
        "depuis quand le serveur est-il allumé ?": {},
    },
)

GET_DATETIME = examples(
    en={
        "what time is it?": {},
        "what is today's date?": {},
        "which day of the week are we?": {},
        "give me the current date and time": {},
        "what time is it in UTC?": {"timezone": "UTC"},
        "what time is it in Europe/Paris?": {"timezone": "Europe/Paris"},
        "current time in the time zone America/Montreal": {"timezone": "America/Montreal"},
        "tell me the date in Asia/Tokyo": {"timezone": "Asia/Tokyo"},
        "what day is it?": {},
        "now": {},
    },
    fr={
        "quelle heure est-il ?": {},
        "quelle est la date d'aujourd'hui ?": {},
        "quel jour de la semaine sommes-nous ?": {},
        "donne-moi la date et l'heure actuelles": {},
        "quelle heure est-il en UTC ?": {"timezone": "UTC"},
        "quelle heure est-il pour Europe/Paris ?": {"timezone": "Europe/Paris"},
        "heure actuelle dans le fuseau America/Montreal": {"timezone": "America/Montreal"},
        "dis-moi la date dans le fuseau Asia/Tokyo": {"timezone": "Asia/Tokyo"},
        "on est quel jour ?": {},
        "il est quelle heure ?": {},
    },
)
