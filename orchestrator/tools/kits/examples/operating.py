"""Requests for the tools of the operating kit."""

from orchestrator.tools.kits.examples import examples

LIST_PROCESSES = examples(
    en={
        "which processes use the most memory?": {"sort": "memory"},
        "which processes take the most CPU?": {"sort": "cpu"},
        "show the processes": {},
        "is there a process called nginx?": {"name": "nginx"},
        "top 5 processes": {"limit": 5},
        "show the processes named postgres": {"name": "postgres"},
    },
    fr={
        "quels processus prennent le plus de mémoire ?": {"sort": "memory"},
        "quels processus prennent le plus de processeur ?": {"sort": "cpu"},
        "affiche les processus": {},
        "y a-t-il un processus appelé nginx ?": {"name": "nginx"},
        "montre les processus nommés postgres": {"name": "postgres"},
    },
)

DISK_USAGE = examples(
    en={
        "show the disks": {},
        "show the usage of all disks": {},
        "which partitions are nearly full?": {},
        "free space of every partition": {},
    },
    fr={
        "affiche les disques": {},
        "montre l'occupation de tous les disques": {},
        "quelles partitions sont presque pleines ?": {},
        "espace libre de chaque partition": {},
    },
)

OPEN_PORTS = examples(
    en={
        "which ports are listening?": {},
        "show the open ports of this machine": {},
        "what listens on this server?": {},
        "show the listening ports": {},
    },
    fr={
        "quels ports sont en écoute ?": {},
        "donne les ports ouverts de cette machine": {},
        "qu'est-ce qui écoute sur ce serveur ?": {},
        "montre les ports en écoute": {},
    },
)

LOGGED_IN = examples(
    en={
        "who is logged in?": {},
        "which users are connected to this machine?": {},
        "show the login sessions": {},
        "is anybody logged in?": {},
    },
    fr={
        "qui est connecté ?": {},
        "quels utilisateurs sont connectés à cette machine ?": {},
        "affiche les sessions ouvertes": {},
        "quelqu'un est-il connecté ?": {},
    },
)

LIST_SERVICES = examples(
    en={
        "give me the services": {},
        "which services failed?": {"only": "failed"},
        "which services are running?": {"only": "running"},
        "show the systemd services": {},
    },
    fr={
        "affiche les services": {},
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
        "read the machine log syslog": {"log": "syslog"},
        "show the machine log auth.log": {"log": "auth.log"},
        "end of the machine log nginx/error.log": {"log": "nginx/error.log"},
        "lines with timeout in the machine log kern.log": {"log": "kern.log", "text": "timeout"},
    },
    fr={
        "lis le journal de la machine syslog": {"log": "syslog"},
        "montre le journal de la machine auth.log": {"log": "auth.log"},
        "fin du journal de la machine nginx/error.log": {"log": "nginx/error.log"},
        "lignes avec timeout dans le journal de la machine kern.log": {"log": "kern.log", "text": "timeout"},
    },
)
