"""Requests for the tools of the docker kit."""

from orchestrator.tools.kits.examples import examples

LIST_CONTAINERS = examples(
    en={
        "which containers are unhealthy, and why?": {"only": "unhealthy"},
        "show the containers": {},
        "which containers are running?": {"only": "running"},
        "which containers are stopped?": {"only": "stopped"},
        "docker ps": {"only": "running"},
        "how are my containers?": {},
        "what containers do I have?": {},
        "is any container in bad health?": {"only": "unhealthy"},
        "list the containers that are up": {"only": "running"},
        "running containers": {"only": "running"},
        "which containers are down?": {"only": "stopped"},
        "which containers exited?": {"only": "stopped"},
        "did any container crash?": {"only": "unhealthy"},
        "is there a broken container?": {"only": "unhealthy"},
        "what's wrong with my containers?": {"only": "unhealthy"},
        "are all my containers healthy?": {"only": "unhealthy"},
        "which containers are failing, and why?": {"only": "unhealthy"},
        "status of the containers": {},
        "find the unhealthy containers": {"only": "unhealthy"},
    },
    fr={
        "quels conteneurs sont en mauvaise santé, et pourquoi ?": {"only": "unhealthy"},
        "affiche les conteneurs": {},
        "quels conteneurs tournent ?": {"only": "running"},
        "quels conteneurs sont arrêtés ?": {"only": "stopped"},
        "comment vont mes conteneurs ?": {},
        "liste mes conteneurs": {},
        "y a-t-il un conteneur malade ?": {"only": "unhealthy"},
        "quels conteneurs docker sont allumés ?": {"only": "running"},
        "quels conteneurs vont mal, et pourquoi ?": {"only": "unhealthy"},
        "quels conteneurs ont planté, et pourquoi ?": {"only": "unhealthy"},
        "quels conteneurs ne sont pas en bonne santé ?": {"only": "unhealthy"},
        "y a-t-il des conteneurs en panne ?": {"only": "unhealthy"},
        "lesquels de mes conteneurs sont malades ?": {"only": "unhealthy"},
        "tous mes conteneurs vont-ils bien ?": {"only": "unhealthy"},
        "quels conteneurs ont un problème ?": {"only": "unhealthy"},
        "les conteneurs qui tournent": {"only": "running"},
        "état des conteneurs": {},
        "trouve les conteneurs en mauvaise santé": {"only": "unhealthy"},
        "quels conteneurs ne sont pas sains ?": {"only": "unhealthy"},
    },
)

CONTAINER_LOGS = examples(
    en={
        "show the logs of the container web": {"name": "web"},
        "logs of the container db": {"name": "db"},
        "last 50 lines of the logs of the container api": {"name": "api", "lines": 50},
        "what does the container worker say in its logs?": {"name": "worker"},
        "what did the container web write?": {"name": "web"},
        "show what the container db printed": {"name": "db"},
    },
    fr={
        "montre les journaux du conteneur web": {"name": "web"},
        "logs du conteneur db": {"name": "db"},
        "les 50 dernières lignes des logs du conteneur api": {"name": "api", "lines": 50},
        "que dit le conteneur worker dans ses logs ?": {"name": "worker"},
        "qu'a écrit le conteneur web ?": {"name": "web"},
        "affiche la sortie du conteneur db": {"name": "db"},
    },
)

CONTAINER_STATS = examples(
    en={
        "how much memory does the container web use?": {"name": "web"},
        "stats of the container db": {"name": "db"},
        "CPU usage of the container api": {"name": "api"},
        "docker stats web": {"name": "web"},
        "how much cpu does the container api take?": {"name": "api"},
        "is the container db using much memory?": {"name": "db"},
    },
    fr={
        "combien de mémoire utilise le conteneur web ?": {"name": "web"},
        "statistiques du conteneur db": {"name": "db"},
        "utilisation du processeur par le conteneur api": {"name": "api"},
        "docker stats web": {"name": "web"},
        "combien de processeur prend le conteneur api ?": {"name": "api"},
        "le conteneur db consomme-t-il beaucoup de mémoire ?": {"name": "db"},
    },
)

INSPECT_CONTAINER = examples(
    en={
        "inspect the container web": {"name": "web"},
        "details of the container db": {"name": "db"},
        "which ports does the container api publish?": {"name": "api"},
        "describe the container worker": {"name": "worker"},
        "tell me all about the container web": {"name": "web"},
        "which image does the container db use?": {"name": "db"},
        "why is the container db unhealthy?": {"name": "db"},
        "why did the container web crash?": {"name": "web"},
        "what is wrong with the container api?": {"name": "api"},
        "why is web unhealthy?": {"name": "web"},
    },
    fr={
        "inspecte le conteneur web": {"name": "web"},
        "détails du conteneur db": {"name": "db"},
        "quels ports publie le conteneur api ?": {"name": "api"},
        "décris le conteneur worker": {"name": "worker"},
        "dis-moi tout sur le conteneur web": {"name": "web"},
        "quelle image utilise le conteneur db ?": {"name": "db"},
        "pourquoi le conteneur db est-il malade ?": {"name": "db"},
        "pourquoi le conteneur web a-t-il planté ?": {"name": "web"},
        "qu'est-ce qui ne va pas avec le conteneur api ?": {"name": "api"},
        "pourquoi web est-il en mauvaise santé ?": {"name": "web"},
    },
)

LIST_IMAGES = examples(
    en={
        "show the docker images": {},
        "which docker images are there?": {},
        "how large are the docker images?": {},
        "docker images": {},
        "list my docker images": {},
        "which images do I have?": {},
    },
    fr={
        "affiche les images docker": {},
        "quelles images docker y a-t-il ?": {},
        "quelle taille font les images docker ?": {},
        "images docker": {},
        "liste mes images docker": {},
        "quelles images ai-je ?": {},
    },
)

CONTROL_CONTAINER = examples(
    en={
        "restart the container web": {"name": "web", "action": "restart"},
        "stop the container db": {"name": "db", "action": "stop"},
        "start the container api": {"name": "api", "action": "start"},
        "docker restart worker": {"name": "worker", "action": "restart"},
        "launch the container api": {"name": "api", "action": "start"},
        "turn off the container db": {"name": "db", "action": "stop"},
        "halt the container worker": {"name": "worker", "action": "stop"},
        "start the docker container mail": {"name": "mail", "action": "start"},
    },
    fr={
        "redémarre le conteneur web": {"name": "web", "action": "restart"},
        "arrête le conteneur db": {"name": "db", "action": "stop"},
        "démarre le conteneur api": {"name": "api", "action": "start"},
        "relance le conteneur worker": {"name": "worker", "action": "restart"},
        "lance le conteneur api": {"name": "api", "action": "start"},
        "éteins le conteneur db": {"name": "db", "action": "stop"},
        "stoppe le conteneur worker": {"name": "worker", "action": "stop"},
        "arrête le conteneur appelé cache": {"name": "cache", "action": "stop"},
    },
)

PRUNE_DOCKER = examples(
    en={
        "prune the docker images": {"what": "images"},
        "prune the stopped containers": {"what": "containers"},
        "docker image prune": {"what": "images"},
        "docker container prune": {"what": "containers"},
        "remove the stopped containers": {"what": "containers"},
        "delete the unused docker images": {"what": "images"},
        "clean up the dangling images": {"what": "images"},
        "remove old docker images": {"what": "images"},
        "clean up old containers": {"what": "containers"},
    },
    fr={
        "purge les images docker": {"what": "images"},
        "purge les conteneurs arrêtés": {"what": "containers"},
        "nettoie les images docker inutilisées": {"what": "images"},
        "nettoie les conteneurs docker inutilisés": {"what": "containers"},
        "supprime les conteneurs arrêtés": {"what": "containers"},
        "supprime les images docker inutilisées": {"what": "images"},
        "fais le ménage dans les images docker inutiles": {"what": "images"},
        "nettoie les vieilles images docker": {"what": "images"},
        "nettoie les vieux conteneurs": {"what": "containers"},
    },
)

RUN_CONTAINER = examples(
    en={
        "run a container of the image alpine": {"image": "alpine"},
        "docker run hello-world": {"image": "hello-world"},
        "run the image busybox:1.36 in a container": {"image": "busybox:1.36"},
        "try the docker image hello-world": {"image": "hello-world"},
        "run the docker image alpine": {"image": "alpine"},
        "launch a container from the image nginx": {"image": "nginx"},
    },
    fr={
        "lance un conteneur de l'image alpine": {"image": "alpine"},
        "docker run hello-world": {"image": "hello-world"},
        "lance l'image busybox:1.36 dans un conteneur": {"image": "busybox:1.36"},
        "essaie l'image docker hello-world": {"image": "hello-world"},
        "lance l'image docker alpine": {"image": "alpine"},
        "démarre un conteneur à partir de l'image nginx": {"image": "nginx"},
    },
)

RUN_IN_CONTAINER = examples(
    en={
        "run `ls -l` in the container web": {"name": "web", "line": "ls -l"},
        'in the container db, run "pg_isready"': {"name": "db", "line": "pg_isready"},
        "docker exec web cat /etc/hosts": {"name": "web", "line": "cat /etc/hosts"},
        "execute `env` inside the container api": {"name": "api", "line": "env"},
    },
    fr={
        "lance `ls -l` dans le conteneur web": {"name": "web", "line": "ls -l"},
        "dans le conteneur db, exécute « pg_isready »": {"name": "db", "line": "pg_isready"},
        "docker exec web cat /etc/hosts": {"name": "web", "line": "cat /etc/hosts"},
        "exécute `env` à l'intérieur du conteneur api": {"name": "api", "line": "env"},
    },
)

REMOVE_CONTAINER = examples(
    en={
        "remove the container web": {"name": "web"},
        "delete the container old-db": {"name": "old-db"},
        "docker rm worker": {"name": "worker"},
        "remove the container api even if it runs": {"name": "api", "force": True},
        "docker rm -f cache": {"name": "cache", "force": True},
    },
    fr={
        "supprime le conteneur web": {"name": "web"},
        "efface le conteneur old-db": {"name": "old-db"},
        "docker rm worker": {"name": "worker"},
        "supprime le conteneur api même s'il tourne": {"name": "api", "force": True},
        "docker rm -f cache": {"name": "cache", "force": True},
    },
)

CONTAINER_EVENTS = examples(
    en={
        "what happened to my containers?": {},
        "what happened to the container web in the last 3 hours?": {"name": "web", "hours": 3},
        "docker events": {},
        "when did the container db restart?": {"name": "db"},
        "events of the containers in the last 2 hours": {"hours": 2},
    },
    fr={
        "qu'est-il arrivé à mes conteneurs ?": {},
        "qu'est-il arrivé au conteneur web ces 3 dernières heures ?": {"name": "web", "hours": 3},
        "docker events": {},
        "quand le conteneur db a-t-il redémarré ?": {"name": "db"},
        "événements des conteneurs des 2 dernières heures": {"hours": 2},
    },
)
