"""Requests for the tools of the schedule kit."""

from orchestrator.tools.kits.examples import examples

REMIND_ME = examples(
    en={
        "remind me every Monday at 9 to check the backups": {
            "when": "every Monday at 9",
            "text": "check the backups",
        },
        "remind me in 20 minutes to call Ada": {"when": "in 20 minutes", "text": "call Ada"},
        "remind me tomorrow at 18:00 to water the plants": {
            "when": "tomorrow at 18:00",
            "text": "water the plants",
        },
        "remind me to pay the rent every month on the 1st": {
            "text": "pay the rent",
            "when": "every month on the 1st",
        },
        "remind me to call Ada tomorrow at 18:00": {"text": "call Ada", "when": "tomorrow at 18:00"},
        "remind me to stretch every 2 hours": {"text": "stretch", "when": "every 2 hours"},
        "remind me to close the shop at 19:00": {"text": "close the shop", "when": "at 19:00"},
        "set a reminder for tomorrow at 8: send the report": {"when": "tomorrow at 8", "text": "send the report"},
        "in two hours, remind me to leave": {"when": "in two hours", "text": "leave"},
        "remind me of the exam on Friday at 8am": {"text": "the exam", "when": "on Friday at 8am"},
        "wake me up tomorrow at 7am: gym": {"when": "tomorrow at 7am", "text": "gym"},
        "remind me tomorrow at 9 to send the report to the whole team": {
            "when": "tomorrow at 9",
            "text": "send the report to the whole team",
        },
        "set a reminder to drink water every hour": {"text": "drink water", "when": "every hour"},
    },
    fr={
        "rappelle-moi tous les lundis à 9h de vérifier les sauvegardes": {
            "when": "tous les lundis à 9h",
            "text": "vérifier les sauvegardes",
        },
        "rappelle-moi dans 20 minutes d'appeler Ada": {"when": "dans 20 minutes", "text": "appeler Ada"},
        "rappelle-moi demain à 18h de sortir le chien": {"when": "demain à 18h", "text": "sortir le chien"},
        "rappelle-moi de payer le loyer le 1er de chaque mois": {
            "text": "payer le loyer",
            "when": "le 1er de chaque mois",
        },
        "rappelle-moi d'appeler Ada demain à 18h": {"text": "appeler Ada", "when": "demain à 18h"},
        "rappelle-moi de boire toutes les 2 heures": {"text": "boire", "when": "toutes les 2 heures"},
        "rappelle-moi de fermer la boutique à 19h": {"text": "fermer la boutique", "when": "à 19h"},
        "mets un rappel pour demain à 8h : envoyer le rapport": {"when": "demain à 8h", "text": "envoyer le rapport"},
        "dans deux heures, rappelle-moi de partir": {"when": "dans deux heures", "text": "partir"},
        "rappelle-moi l'examen vendredi à 8h": {"text": "l'examen", "when": "vendredi à 8h"},
        "fais-moi penser à sortir le linge ce soir à 20h": {"text": "sortir le linge", "when": "ce soir à 20h"},
        "mets un rappel ce soir à 20h pour sortir la poubelle": {"when": "ce soir à 20h", "text": "sortir la poubelle"},
        "rappelle-moi demain à 9h d'envoyer le rapport à toute l'équipe": {
            "when": "demain à 9h",
            "text": "envoyer le rapport à toute l'équipe",
        },
    },
)

SCHEDULE_TASK = examples(
    en={
        "schedule every day at 7: list the files": {"when": "every day at 7", "goal": "list the files"},
        "schedule the task tomorrow at 6: run make backup": {"when": "tomorrow at 6", "goal": "run make backup"},
        "schedule in 2 hours: count the lines of app.log": {
            "when": "in 2 hours",
            "goal": "count the lines of app.log",
        },
        "schedule a task when report.csv changes: chart report.csv by month": {
            "when": "when report.csv changes",
            "goal": "chart report.csv by month",
        },
        "every day at 7, list the files": {"when": "every day at 7", "goal": "list the files"},
        "every Friday at 17:00 commit everything": {"when": "every Friday at 17:00", "goal": "commit everything"},
        "tomorrow at 6, run make backup": {"when": "tomorrow at 6", "goal": "run make backup"},
    },
    fr={
        "planifie tous les jours à 7h : liste les fichiers": {
            "when": "tous les jours à 7h",
            "goal": "liste les fichiers",
        },
        "planifie la tâche demain à 6h : lance make backup": {"when": "demain à 6h", "goal": "lance make backup"},
        "planifie dans 2 heures : compte les lignes de app.log": {
            "when": "dans 2 heures",
            "goal": "compte les lignes de app.log",
        },
        "planifie une tâche quand rapport.csv change : trace rapport.csv par mois": {
            "when": "quand rapport.csv change",
            "goal": "trace rapport.csv par mois",
        },
        "tous les jours à 7h, liste les fichiers": {"when": "tous les jours à 7h", "goal": "liste les fichiers"},
        "tous les vendredis à 17h commite tout": {"when": "tous les vendredis à 17h", "goal": "commite tout"},
        "demain à 6h, lance make backup": {"when": "demain à 6h", "goal": "lance make backup"},
    },
)

LIST_SCHEDULES = examples(
    en={
        "list my reminders": {},
        "what is scheduled?": {},
        "which tasks are planned?": {},
        "show the schedules": {},
        "which reminders did I set?": {},
        "what have I planned?": {},
        "do I have any reminders?": {},
        "show my reminders": {},
    },
    fr={
        "liste mes rappels": {},
        "qu'est-ce qui est planifié ?": {},
        "quelles tâches sont prévues ?": {},
        "montre les rappels à venir": {},
        "quels rappels ai-je mis ?": {},
        "qu'ai-je de prévu ?": {},
        "est-ce que j'ai des rappels ?": {},
        "affiche mes rappels": {},
    },
)

CANCEL_SCHEDULE = examples(
    en={
        "cancel the reminder schedule_0k3v9m": {"schedule_id": "schedule_0k3v9m"},
        "cancel schedule_0a1b2c": {"schedule_id": "schedule_0a1b2c"},
        "call off the planned task schedule_77aa01": {"schedule_id": "schedule_77aa01"},
        "cancel the schedule schedule_5x5x5x": {"schedule_id": "schedule_5x5x5x"},
        "delete the reminder schedule_0k3v9m": {"schedule_id": "schedule_0k3v9m"},
        "remove the schedule schedule_0a1b2c": {"schedule_id": "schedule_0a1b2c"},
        "stop schedule_77aa01": {"schedule_id": "schedule_77aa01"},
    },
    fr={
        "annule le rappel schedule_0k3v9m": {"schedule_id": "schedule_0k3v9m"},
        "annule schedule_0a1b2c": {"schedule_id": "schedule_0a1b2c"},
        "annule la tâche planifiée schedule_77aa01": {"schedule_id": "schedule_77aa01"},
        "décommande schedule_5x5x5x": {"schedule_id": "schedule_5x5x5x"},
        "supprime le rappel schedule_0k3v9m": {"schedule_id": "schedule_0k3v9m"},
        "enlève la tâche schedule_0a1b2c": {"schedule_id": "schedule_0a1b2c"},
        "arrête schedule_77aa01": {"schedule_id": "schedule_77aa01"},
    },
)

SAY_REMINDER = examples(
    en={
        'say the reminder "check the backups" now': {"text": "check the backups"},
        'say the reminder "call Ada" now': {"text": "call Ada"},
        'say the reminder "water the plants" now': {"text": "water the plants"},
        'say the reminder "pay the rent" now': {"text": "pay the rent"},
    },
    fr={
        "dis maintenant le rappel « vérifier les sauvegardes »": {"text": "vérifier les sauvegardes"},
        "dis maintenant le rappel « appeler Ada »": {"text": "appeler Ada"},
        "dis maintenant le rappel « sortir le chien »": {"text": "sortir le chien"},
        "dis maintenant le rappel « payer le loyer »": {"text": "payer le loyer"},
    },
)
