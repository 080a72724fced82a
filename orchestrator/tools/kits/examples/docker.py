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
    },
    fr={
        "quels conteneurs sont en mauvaise santé, et pourquoi ?": {"only": "unhealthy"},
        "affiche les conteneurs": {},
        "quels conteneurs tournent ?": {"only": "running"},
        "quels conteneurs sont arrêtés ?": {"only": "stopped"},
        "comment vont mes conteneurs ?": {},
    },
)

CONTAINER_LOGS = examples(
    en={
        "show the logs of the container web": {"name": "web"},
        "logs of the container db": {"name": "db"},
        "last 50 lines of the logs of the container api": {"name": "api", "lines": 50},
        "what does the container worker say in its logs?": {"name": "worker"},
    },
    fr={
        "montre les journaux du conteneur web": {"name": "web"},
        "logs du conteneur db": {"name": "db"},
        "les 50 dernières lignes des logs du conteneur api": {"name": "api", "lines": 50},
        "que dit le conteneur worker dans ses logs ?": {"name": "worker"},
    },
)

CONTAINER_STATS = examples(
    en={
        "how much memory does the container web use?": {"name": "web"},
        "stats of the container db": {"name": "db"},
        "CPU usage of the container api": {"name": "api"},
        "docker stats web": {"name": "web"},
    },
    fr={
        "combien de mémoire utilise le conteneur web ?": {"name": "web"},
        "statistiques du conteneur db": {"name": "db"},
        "utilisation du processeur par le conteneur api": {"name": "api"},
        "docker stats web": {"name": "web"},
    },
)

INSPECT_CONTAINER = examples(
    en={
        "inspect the container web": {"name": "web"},
        "details of the container db": {"name": "db"},
        "which ports does the container api publish?": {"name": "api"},
        "describe the container worker": {"name": "worker"},
    },
    fr={
        "inspecte le conteneur web": {"name": "web"},
        "détails du conteneur db": {"name": "db"},
        "quels ports publie le conteneur api ?": {"name": "api"},
        "décris le conteneur worker": {"name": "worker"},
    },
)

LIST_IMAGES = examples(
    en={
        "show the docker images": {},
        "which docker images are there?": {},
        "how large are the docker images?": {},
        "docker images": {},
    },
    fr={
        "affiche les images docker": {},
        "quelles images docker y a-t-il ?": {},
        "quelle taille font les images docker ?": {},
        "images docker": {},
    },
)

CONTROL_CONTAINER = examples(
    en={
        "restart the container web": {"name": "web", "action": "restart"},
        "stop the container db": {"name": "db", "action": "stop"},
        "start the container api": {"name": "api", "action": "start"},
        "docker restart worker": {"name": "worker", "action": "restart"},
    },
    fr={
        "redémarre le conteneur web": {"name": "web", "action": "restart"},
        "arrête le conteneur db": {"name": "db", "action": "stop"},
        "démarre le conteneur api": {"name": "api", "action": "start"},
        "relance le conteneur worker": {"name": "worker", "action": "restart"},
    },
)

PRUNE_DOCKER = examples(
    en={
        "prune the docker images": {"what": "images"},
        "prune the stopped containers": {"what": "containers"},
        "docker image prune": {"what": "images"},
        "docker container prune": {"what": "containers"},
    },
    fr={
        "purge les images docker": {"what": "images"},
        "purge les conteneurs arrêtés": {"what": "containers"},
        "nettoie les images docker inutilisées": {"what": "images"},
        "nettoie les conteneurs docker inutilisés": {"what": "containers"},
    },
)

RUN_CONTAINER = examples(
    en={
        "run a container of the image alpine": {"image": "alpine"},
        "docker run hello-world": {"image": "hello-world"},
        "run the image busybox:1.36 in a container": {"image": "busybox:1.36"},
        "try the docker image hello-world": {"image": "hello-world"},
    },
    fr={
        "lance un conteneur de l'image alpine": {"image": "alpine"},
        "docker run hello-world": {"image": "hello-world"},
        "lance l'image busybox:1.36 dans un conteneur": {"image": "busybox:1.36"},
        "essaie l'image docker hello-world": {"image": "hello-world"},
    },
)
