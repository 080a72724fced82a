"""Requests for the tools of the host kit."""

from orchestrator.tools.kits.examples import examples

_KEY = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

LIST_HOSTS = examples(
    en={
        "which machines can you reach?": {},
        "show the SSH machines": {},
        "which remote hosts are there?": {},
        "name the remote machines": {},
        "which machines can be reached by ssh?": {},
        "list my ssh hosts": {},
    },
    fr={
        "quelles machines peux-tu joindre ?": {},
        "affiche les machines SSH": {},
        "quels hôtes distants y a-t-il ?": {},
        "nomme les machines distantes": {},
        "quelles machines sont joignables en ssh ?": {},
        "liste mes hôtes ssh": {},
    },
)

TRUST_HOST = examples(
    en={
        f"trust the machine web1 with the fingerprint {_KEY}": {"machine": "web1", "fingerprint": _KEY},
        f"accept the SSH key {_KEY} of the machine web1": {"machine": "web1", "fingerprint": _KEY},
        f"the fingerprint of the machine db is {_KEY}, trust it": {"machine": "db", "fingerprint": _KEY},
        f"trust the SSH key {_KEY} of the machine db": {"machine": "db", "fingerprint": _KEY},
    },
    fr={
        f"fais confiance à la machine web1 avec l'empreinte {_KEY}": {"machine": "web1", "fingerprint": _KEY},
        f"accepte la clé SSH {_KEY} de la machine web1": {"machine": "web1", "fingerprint": _KEY},
        f"l'empreinte de la machine db est {_KEY}, fais-lui confiance": {"machine": "db", "fingerprint": _KEY},
        f"fais confiance à la clé SSH {_KEY} de la machine db": {"machine": "db", "fingerprint": _KEY},
    },
)

RUN_ON_HOST = examples(
    en={
        'run "uptime" on the machine web1': {"machine": "web1", "line": "uptime"},
        'on the machine db, run "df -h"': {"machine": "db", "line": "df -h"},
        'execute "systemctl status nginx" on the host web1': {"machine": "web1", "line": "systemctl status nginx"},
        'by SSH on the machine backup, run "ls /srv"': {"machine": "backup", "line": "ls /srv"},
        "run uptime on the machine web1": {"machine": "web1", "line": "uptime"},
        "run df -h on the host db": {"machine": "db", "line": "df -h"},
        "on web1, run uptime": {"machine": "web1", "line": "uptime"},
        "on web1 run df -h": {"machine": "web1", "line": "df -h"},
        'on web1, run "df -h"': {"machine": "web1", "line": "df -h"},
        "run uptime on web1": {"machine": "web1", "line": "uptime"},
        "over ssh on web1, run uptime": {"machine": "web1", "line": "uptime"},
    },
    fr={
        "lance « uptime » sur la machine web1": {"machine": "web1", "line": "uptime"},
        "sur la machine db, lance « df -h »": {"machine": "db", "line": "df -h"},
        "exécute « systemctl status nginx » sur l'hôte web1": {"machine": "web1", "line": "systemctl status nginx"},
        "par SSH sur la machine sauvegarde, lance « ls /srv »": {"machine": "sauvegarde", "line": "ls /srv"},
        "lance uptime sur la machine web1": {"machine": "web1", "line": "uptime"},
        "exécute df -h sur l'hôte db": {"machine": "db", "line": "df -h"},
        "sur web1, exécute uptime": {"machine": "web1", "line": "uptime"},
        "sur web1 lance df -h": {"machine": "web1", "line": "df -h"},
        "sur web1, lance « df -h »": {"machine": "web1", "line": "df -h"},
        "exécute uptime sur web1": {"machine": "web1", "line": "uptime"},
        "en ssh sur web1, lance uptime": {"machine": "web1", "line": "uptime"},
    },
)

COPY_TO_HOST = examples(
    en={
        "copy site.conf to the machine web1 as /etc/site.conf": {
            "file": "site.conf",
            "machine": "web1",
            "there": "/etc/site.conf",
        },
        "upload app.zip to the host web1 as /srv/app.zip": {
            "file": "app.zip",
            "machine": "web1",
            "there": "/srv/app.zip",
        },
        "scp notes.txt to the machine db as notes.txt": {"file": "notes.txt", "machine": "db", "there": "notes.txt"},
        "send data.csv by SSH to the machine db as /tmp/data.csv": {
            "file": "data.csv",
            "machine": "db",
            "there": "/tmp/data.csv",
        },
        "copy notes.txt to the machine db at /srv/notes.txt": {
            "file": "notes.txt",
            "machine": "db",
            "there": "/srv/notes.txt",
        },
        "copy app.zip to web1:/srv/app.zip": {"file": "app.zip", "machine": "web1", "there": "/srv/app.zip"},
        "send app.zip to web1:/srv/app.zip": {"file": "app.zip", "machine": "web1", "there": "/srv/app.zip"},
        "put app.zip on web1 as /srv/app.zip": {"file": "app.zip", "machine": "web1", "there": "/srv/app.zip"},
    },
    fr={
        "copie site.conf sur la machine web1 sous /etc/site.conf": {
            "file": "site.conf",
            "machine": "web1",
            "there": "/etc/site.conf",
        },
        "téléverse app.zip sur l'hôte web1 sous /srv/app.zip": {
            "file": "app.zip",
            "machine": "web1",
            "there": "/srv/app.zip",
        },
        "envoie notes.txt par SSH à la machine db sous notes.txt": {
            "file": "notes.txt",
            "machine": "db",
            "there": "notes.txt",
        },
        "scp donnees.csv vers la machine db sous /tmp/donnees.csv": {
            "file": "donnees.csv",
            "machine": "db",
            "there": "/tmp/donnees.csv",
        },
        "copie notes.txt sur la machine db dans /srv/notes.txt": {
            "file": "notes.txt",
            "machine": "db",
            "there": "/srv/notes.txt",
        },
        "copie app.zip vers web1:/srv/app.zip": {"file": "app.zip", "machine": "web1", "there": "/srv/app.zip"},
        "envoie app.zip sur web1:/srv/app.zip": {"file": "app.zip", "machine": "web1", "there": "/srv/app.zip"},
        "mets app.zip sur web1 sous /srv/app.zip": {"file": "app.zip", "machine": "web1", "there": "/srv/app.zip"},
    },
)

COPY_FROM_HOST = examples(
    en={
        "copy /var/log/app.log from the machine web1 to app.log": {
            "machine": "web1",
            "there": "/var/log/app.log",
            "file": "app.log",
        },
        "download /srv/dump.sql from the host db as dump.sql": {
            "machine": "db",
            "there": "/srv/dump.sql",
            "file": "dump.sql",
        },
        "fetch /etc/hosts by SSH from the machine web1 as hosts.txt": {
            "machine": "web1",
            "there": "/etc/hosts",
            "file": "hosts.txt",
        },
        "scp /tmp/report.pdf from the machine db to report.pdf": {
            "machine": "db",
            "there": "/tmp/report.pdf",
            "file": "report.pdf",
        },
        "get /etc/hosts from the machine web1 as hosts.txt": {
            "machine": "web1",
            "there": "/etc/hosts",
            "file": "hosts.txt",
        },
        "copy web1:/var/log/app.log to app.log": {"machine": "web1", "there": "/var/log/app.log", "file": "app.log"},
        "get /var/log/app.log from web1 as app.log": {
            "machine": "web1",
            "there": "/var/log/app.log",
            "file": "app.log",
        },
        "get /var/log/app.log from the machine web1 and save it as app.log": {
            "machine": "web1",
            "there": "/var/log/app.log",
            "file": "app.log",
        },
    },
    fr={
        "copie /var/log/app.log depuis la machine web1 dans app.log": {
            "machine": "web1",
            "there": "/var/log/app.log",
            "file": "app.log",
        },
        "télécharge /srv/dump.sql depuis l'hôte db sous dump.sql": {
            "machine": "db",
            "there": "/srv/dump.sql",
            "file": "dump.sql",
        },
        "rapatrie /etc/hosts par SSH depuis la machine web1 sous hosts.txt": {
            "machine": "web1",
            "there": "/etc/hosts",
            "file": "hosts.txt",
        },
        "scp /tmp/rapport.pdf depuis la machine db dans rapport.pdf": {
            "machine": "db",
            "there": "/tmp/rapport.pdf",
            "file": "rapport.pdf",
        },
        "récupère /etc/hosts de la machine web1 sous hosts.txt": {
            "machine": "web1",
            "there": "/etc/hosts",
            "file": "hosts.txt",
        },
        "copie web1:/var/log/app.log dans app.log": {"machine": "web1", "there": "/var/log/app.log", "file": "app.log"},
        "récupère /var/log/app.log de web1 sous app.log": {
            "machine": "web1",
            "there": "/var/log/app.log",
            "file": "app.log",
        },
        "récupère /var/log/app.log sur la machine web1 et enregistre-le sous app.log": {
            "machine": "web1",
            "there": "/var/log/app.log",
            "file": "app.log",
        },
    },
)
