"""Requests for the tools of the calculator kit."""

from orchestrator.tools.kits.examples import examples

CALCULATE = examples(
    en={
        "what is 12*37?": {"expression": "12*37"},
        "calculate 2 + 2": {"expression": "2 + 2"},
        "how much is (3 + 4) * 5 - 6 / 2?": {"expression": "(3 + 4) * 5 - 6 / 2"},
        "compute the value of sqrt(2) * 10": {"expression": "sqrt(2) * 10"},
        "evaluate 2^64": {"expression": "2^64"},
        "15% of 240": {"expression": "15% of 240"},
        "what's 7 times 8?": {"expression": "7 times 8"},
        "what is 100 divided by 8?": {"expression": "100 divided by 8"},
        "work out factorial(20)": {"expression": "factorial(20)"},
        "add 3.5 and 4.25": {"expression": "3.5 + 4.25"},
        "1024 / 7 = ?": {"expression": "1024 / 7"},
        "what is the cosine of pi/3: cos(pi/3)": {"expression": "cos(pi/3)"},
    },
    fr={
        "combien font 12*37 ?": {"expression": "12*37"},
        "calcule 2 + 2": {"expression": "2 + 2"},
        "combien fait (3 + 4) * 5 - 6 / 2 ?": {"expression": "(3 + 4) * 5 - 6 / 2"},
        "donne la valeur de sqrt(2) * 10": {"expression": "sqrt(2) * 10"},
        "évalue 2^64": {"expression": "2^64"},
        "15 % de 240": {"expression": "15 % de 240"},
        "combien font 7 fois 8 ?": {"expression": "7 fois 8"},
        "100 divisé par 8, ça fait combien ?": {"expression": "100 divisé par 8"},
        "calcule-moi factorial(20)": {"expression": "factorial(20)"},
        "additionne 3,5 et 4,25": {"expression": "3,5 + 4,25"},
        "1024 / 7 = ?": {"expression": "1024 / 7"},
        "quel est le résultat de 18 moins 5 plus 3 ?": {"expression": "18 moins 5 plus 3"},
    },
)
