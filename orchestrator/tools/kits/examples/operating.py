"""Requests for the tools of the operating kit."""

from orchestrator.tools.kits.examples import examples

LIST_PROCESSES = examples(
    en={
        "which processes use the most memory?": {"sort": "memory"},
        "which processes take the most CPU?": {"sort": "cpu"},
        "list the running processes": {},
        "is there a process called nginx?": {"name": "nginx"},
        "top 5 processes": {"limit": 5},
        "show the processes named postgres": {"name": "postgres"},
    },
    fr={
        "quels processus prennent le plus de mémoire ?": {"sort": "memory"},
        "quels processus prennent le plus de processeur ?": {"sort": "cpu"},
        "liste les processus en cours": {},
        "y a-t-il un processus appelé nginx ?": {"name": "nginx"},
        "montre les processus nommés postgres": {"name": "postgres"},
    },
)

DISK_USAGE = examples(
    en={
        "how much space is left on each disk?": {},
        "show the usage of all disks": {},
        "which disks are nearly full?": {},
        "free space of every partition": {},
    },
    fr={
        "combien d'espace reste-t-il sur chaque disque ?": {},
        "montre l'occupation de tous les disques": {},
        "quels disques sont presque pleins ?": {},
        "espace libre de chaque partition": {},
    },
)

OPEN_PORTS = examples(
    en={
        "which ports are listening?": {},
        "list the open ports of this machine": {},
        "what listens on this server?": {},
        "show the listening ports": {},
    },
    fr={
        "quels ports sont en écoute ?": {},
        "liste les ports ouverts de cette machine": {},
        "qu'est-ce qui écoute sur ce serveur ?": {},
        "montre les ports en écoute": {},
    },
)

LOGGED_IN = examples(
    en={
        "who is logged in?": {},
        "which users are connected to this machine?": {},
        "list the login sessions": {},
        "is anybody logged in?": {},
    },
    fr={
        "qui est connecté ?": {},
        "quels utilisateurs sont connectés à cette machine ?": {},
        "liste les sessions ouvertes": {},
        "quelqu'un est-il connecté ?": {},
    },
)

LIST_SERVICES = examples(
    en={
        "list the services": {},
        "which services failed?": {"only": "failed"},
        "which services are running?": {"only": "running"},
        "show the systemd services": {},
    },
    fr={
        "liste les services": {},
        "quels services sont en échec ?": {"only": "failed"},
        "quels services tournent ?": {"only": "running"},
        "montre les services systemd": {},
    },
)

SERVICE_STATUS = examples(
    en={
        "status of the service nginx": {"name": "nginx"},
        "is the service ssh running?": {"name": "ssh"},
        "how is the service postgresql?": {"name": "postgresql"},
        "state of the cron service": {"name": "cron"},
    },
    fr={
        "état du service nginx": {"name": "nginx"},
        "le service ssh tourne-t-il ?": {"name": "ssh"},
        "comment va le service postgresql ?": {"name": "postgresql"},
        "statut du service cron": {"name": "cron"},
    },
)

CONTROL_SERVICE = examples(
    en={
        "restart the service nginx": {"name": "nginx", "action": "restart"},
        "stop the service cups": {"name": "cups", "action": "stop"},
        "start the service postgresql": {"name": "postgresql", "action": "start"},
        "reload the service apache2": {"name": "apache2", "action": "reload"},
    },
    fr={
        "redémarre le service nginx": {"name": "nginx", "action": "restart"},
        "arrête le service cups": {"name": "cups", "action": "stop"},
        "démarre le service postgresql": {"name": "postgresql", "action": "start"},
        "recharge le service apache2": {"name": "apache2", "action": "reload"},
    },
)

READ_JOURNAL = examples(
    en={
        "show the system journal": {},
        "read the journal of the service nginx": {"service": "nginx"},
        "errors in the system journal": {"level": "error"},
        "last 20 entries of the journal": {"limit": 20},
    },
    fr={
        "montre le journal système": {},
        "lis le journal du service nginx": {"service": "nginx"},
        "erreurs du journal système": {"level": "error"},
        "les 20 dernières entrées du journal": {"limit": 20},
    },
)

READ_LOG = examples(
    en={
        "read the system log syslog": {"log": "syslog"},
        "show /var/log/auth.log": {"log": "/var/log/auth.log"},
        "end of the log /var/log/nginx/error.log": {"log": "/var/log/nginx/error.log"},
        "look for timeout in /var/log/syslog": {"log": "/var/log/syslog", "text": "timeout"},
    },
    fr={
        "lis le journal système syslog": {"log": "syslog"},
        "montre /var/log/auth.log": {"log": "/var/log/auth.log"},
        "fin du journal /var/log/nginx/error.log": {"log": "/var/log/nginx/error.log"},
        "cherche timeout dans /var/log/syslog": {"log": "/var/log/syslog", "text": "timeout"},
    },
)
