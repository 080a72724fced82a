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
        "what is using all the memory?": {"sort": "memory"},
        "which program eats the cpu?": {"sort": "cpu"},
        "what is running on this machine?": {},
        "processes by memory": {"sort": "memory"},
        "processes by cpu": {"sort": "cpu"},
        "any nginx processes?": {"name": "nginx"},
        "are there any nginx processes?": {"name": "nginx"},
        "what uses the most cpu?": {"sort": "cpu"},
        "top 10 processes by memory": {"sort": "memory", "limit": 10},
        "what makes this machine slow?": {"sort": "cpu"},
    },
    fr={
        "quels processus prennent le plus de mémoire ?": {"sort": "memory"},
        "quels processus prennent le plus de processeur ?": {"sort": "cpu"},
        "affiche les processus": {},
        "y a-t-il un processus appelé nginx ?": {"name": "nginx"},
        "montre les processus nommés postgres": {"name": "postgres"},
        "qu'est-ce qui utilise toute la mémoire ?": {"sort": "memory"},
        "quel programme bouffe le processeur ?": {"sort": "cpu"},
        "qu'est-ce qui tourne sur cette machine ?": {},
        "processus par mémoire": {"sort": "memory"},
        "processus par cpu": {"sort": "cpu"},
        "des processus nginx ?": {"name": "nginx"},
        "y a-t-il des processus nginx ?": {"name": "nginx"},
        "les 10 processus les plus gourmands en mémoire": {"sort": "memory", "limit": 10},
        "qu'est-ce qui rend la machine lente ?": {"sort": "cpu"},
    },
)

END_PROCESS = examples(
    en={
        "kill the process 1234": {"pid": 1234},
        "end process 4711": {"pid": 4711},
        "terminate the process with pid 815": {"pid": 815},
        "kill the process 2048 called node": {"pid": 2048, "name": "node"},
        "force the process 1234 to end": {"pid": 1234, "force": True},
    },
    fr={
        "tue le processus 1234": {"pid": 1234},
        "termine le processus 4711": {"pid": 4711},
        "arrête le processus de pid 815": {"pid": 815},
        "tue le processus 2048 appelé node": {"pid": 2048, "name": "node"},
        "force le processus 1234 à s'arrêter": {"pid": 1234, "force": True},
    },
)

DISK_USAGE = examples(
    en={
        "show the disks": {},
        "show the usage of all disks": {},
        "which partitions are nearly full?": {},
        "free space of every partition": {},
        "how much space is left on the disks?": {},
        "is there enough disk space?": {},
        "free disk space?": {},
        "how much space is left on the disk?": {},
        "how full are the disks?": {},
        "how much free space do we have on the disks of this machine?": {},
        "how much free space is left?": {},
    },
    fr={
        "affiche les disques": {},
        "montre l'occupation de tous les disques": {},
        "quelles partitions sont presque pleines ?": {},
        "espace libre de chaque partition": {},
        "combien de place reste-t-il sur les disques ?": {},
        "y a-t-il assez d'espace disque ?": {},
        "place sur le disque ?": {},
        "reste-t-il de la place sur le disque ?": {},
        "les disques sont-ils pleins ?": {},
        "quel est l'espace libre sur les disques ?": {},
    },
)

OPEN_PORTS = examples(
    en={
        "which ports are listening?": {},
        "show the open ports of this machine": {},
        "what listens on this server?": {},
        "show the listening ports": {},
        "which ports are open on this machine?": {},
        "which ports are we listening on?": {},
        "what listens on this machine?": {},
    },
    fr={
        "quels ports sont en écoute ?": {},
        "donne les ports ouverts de cette machine": {},
        "qu'est-ce qui écoute sur ce serveur ?": {},
        "montre les ports en écoute": {},
        "quels ports sont ouverts sur cette machine ?": {},
        "sur quels ports écoute la machine ?": {},
    },
)

LOGGED_IN = examples(
    en={
        "who is logged in?": {},
        "which users are connected to this machine?": {},
        "show the login sessions": {},
        "is anybody logged in?": {},
        "who is connected right now?": {},
        "who's logged in?": {},
        "users logged in": {},
        "who is connected to this machine?": {},
    },
    fr={
        "qui est connecté ?": {},
        "quels utilisateurs sont connectés à cette machine ?": {},
        "affiche les sessions ouvertes": {},
        "quelqu'un est-il connecté ?": {},
        "qui est connecté en ce moment ?": {},
        "utilisateurs connectés": {},
        "qui est connecté à cette machine ?": {},
    },
)

LIST_SERVICES = examples(
    en={
        "give me the services": {},
        "which services failed?": {"only": "failed"},
        "which services are running?": {"only": "running"},
        "show the systemd services": {},
        "did any service fail?": {"only": "failed"},
        "list the services that are running": {"only": "running"},
        "which services are down?": {"only": "failed"},
        "failed services": {"only": "failed"},
        "which services have failed?": {"only": "failed"},
        "running services": {"only": "running"},
        "any broken services?": {"only": "failed"},
    },
    fr={
        "affiche les services": {},
        "quels services sont en échec ?": {"only": "failed"},
        "quels services tournent ?": {"only": "running"},
        "montre les services systemd": {},
        "un service est-il en panne ?": {"only": "failed"},
        "liste les services qui tournent": {"only": "running"},
        "quels services ne marchent plus ?": {"only": "failed"},
        "services en échec": {"only": "failed"},
        "quels services ont échoué ?": {"only": "failed"},
        "services actifs": {"only": "running"},
        "services plantés": {"only": "failed"},
    },
)

SERVICE_STATUS = examples(
    en={
        "status of the service nginx": {"name": "nginx"},
        "is the service ssh running?": {"name": "ssh"},
        "how is the service postgresql?": {"name": "postgresql"},
        "state of the cron service": {"name": "cron"},
        "how is nginx doing, the service?": {"name": "nginx"},
        "is the nginx service up?": {"name": "nginx"},
        "is nginx running?": {"name": "nginx"},
        "is the service nginx active?": {"name": "nginx"},
        "how is the nginx service doing?": {"name": "nginx"},
    },
    fr={
        "état du service nginx": {"name": "nginx"},
        "le service ssh tourne-t-il ?": {"name": "ssh"},
        "comment va le service postgresql ?": {"name": "postgresql"},
        "statut du service cron": {"name": "cron"},
        "est-ce que le service ssh tourne ?": {"name": "ssh"},
        "le service nginx est-il en route ?": {"name": "nginx"},
        "est-ce que nginx tourne ?": {"name": "nginx"},
        "le service nginx est-il actif ?": {"name": "nginx"},
        "comment va le service nginx ?": {"name": "nginx"},
    },
)

CONTROL_SERVICE = examples(
    en={
        "restart the service nginx": {"name": "nginx", "action": "restart"},
        "stop the service cups": {"name": "cups", "action": "stop"},
        "start the service postgresql": {"name": "postgresql", "action": "start"},
        "reload the service apache2": {"name": "apache2", "action": "reload"},
        "stop the nginx service": {"name": "nginx", "action": "stop"},
        "launch the cups service": {"name": "cups", "action": "start"},
        "restart service nginx": {"name": "nginx", "action": "restart"},
        "stop service cups": {"name": "cups", "action": "stop"},
    },
    fr={
        "redémarre le service nginx": {"name": "nginx", "action": "restart"},
        "arrête le service cups": {"name": "cups", "action": "stop"},
        "démarre le service postgresql": {"name": "postgresql", "action": "start"},
        "recharge le service apache2": {"name": "apache2", "action": "reload"},
        "lance le service cups": {"name": "cups", "action": "start"},
        "stoppe le service nginx": {"name": "nginx", "action": "stop"},
        "redémarre le service nginx maintenant": {"name": "nginx", "action": "restart"},
        "relance le service nginx": {"name": "nginx", "action": "restart"},
    },
)

READ_JOURNAL = examples(
    en={
        "show the system journal": {},
        "read the journal of the service nginx": {"service": "nginx"},
        "errors in the system journal": {"level": "error"},
        "last 20 entries of the journal": {"limit": 20},
        "show the last 30 errors of the journal": {"level": "error", "limit": 30},
        "latest errors in the journal": {"level": "error"},
        "journal of nginx": {"service": "nginx"},
        "show the journal of nginx": {"service": "nginx"},
        "last 50 lines of the journal of nginx": {"service": "nginx", "limit": 50},
        "warnings of the journal of nginx": {"service": "nginx", "level": "warning"},
        "warnings in the journal": {"level": "warning"},
        "journal of the nginx service": {"service": "nginx"},
        "what does the journal say about nginx?": {"service": "nginx"},
        "journalctl of nginx": {"service": "nginx"},
        "errors of nginx in the journal": {"service": "nginx", "level": "error"},
        "last 10 lines of the journal": {"limit": 10},
    },
    fr={
        "montre le journal système": {},
        "lis le journal du service nginx": {"service": "nginx"},
        "erreurs du journal système": {"level": "error"},
        "les 20 dernières entrées du journal": {"limit": 20},
        "montre les 30 dernières erreurs du journal": {"level": "error", "limit": 30},
        "dernières erreurs du journal": {"level": "error"},
        "journal de nginx": {"service": "nginx"},
        "montre le journal de nginx": {"service": "nginx"},
        "les 50 dernières lignes du journal de nginx": {"service": "nginx", "limit": 50},
        "erreurs dans le journal": {"level": "error"},
        "avertissements du journal de nginx": {"service": "nginx", "level": "warning"},
        "avertissements dans le journal": {"level": "warning"},
        "que dit le journal de nginx ?": {"service": "nginx"},
        "erreurs de nginx dans le journal": {"service": "nginx", "level": "error"},
        "erreurs du journal de nginx": {"service": "nginx", "level": "error"},
        "les 10 dernières lignes du journal": {"limit": 10},
    },
)

READ_LOG = examples(
    en={
        "read the machine log syslog": {"log": "syslog"},
        "show the machine log auth.log": {"log": "auth.log"},
        "end of the machine log nginx/error.log": {"log": "nginx/error.log"},
        "lines with timeout in the machine log kern.log": {"log": "kern.log", "text": "timeout"},
        "show the last 20 lines of syslog": {"log": "syslog", "limit": 20},
        "last 100 lines of the machine log auth.log": {"log": "auth.log", "limit": 100},
        "nginx/error.log, last 50 lines": {"log": "nginx/error.log", "limit": 50},
    },
    fr={
        "lis le journal de la machine syslog": {"log": "syslog"},
        "montre le journal de la machine auth.log": {"log": "auth.log"},
        "fin du journal de la machine nginx/error.log": {"log": "nginx/error.log"},
        "lignes avec timeout dans le journal de la machine kern.log": {"log": "kern.log", "text": "timeout"},
        "montre les 20 dernières lignes de syslog": {"log": "syslog", "limit": 20},
        "les 100 dernières lignes du journal de la machine auth.log": {"log": "auth.log", "limit": 100},
        "nginx/error.log, 50 dernières lignes": {"log": "nginx/error.log", "limit": 50},
    },
)
