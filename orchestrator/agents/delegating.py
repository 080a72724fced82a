"""Requests that an agent hands on to another."""

from orchestrator.tools.said import examples

DELEGATE = examples(
    en={
        "delegate to another agent: find the sources of the report": {"goal": "find the sources of the report"},
        "delegate: translate notes.txt": {"goal": "translate notes.txt"},
        "hand this to another agent: count the lines of app.py": {"goal": "count the lines of app.py"},
        "let another agent check the links of the page": {"goal": "check the links of the page"},
        "have another agent read the log": {"goal": "read the log"},
        "give another agent the task: list the open issues": {"goal": "list the open issues"},
    },
    fr={
        "délègue à un autre agent : trouve les sources du rapport": {"goal": "trouve les sources du rapport"},
        "délègue : traduis notes.txt": {"goal": "traduis notes.txt"},
        "confie à un autre agent : compte les lignes de app.py": {"goal": "compte les lignes de app.py"},
        "fais faire par un autre agent : vérifie les liens de la page": {"goal": "vérifie les liens de la page"},
        "donne à un autre agent la tâche : liste les issues ouvertes": {"goal": "liste les issues ouvertes"},
        "demande à un autre agent : lis le journal": {"goal": "lis le journal"},
    },
)
