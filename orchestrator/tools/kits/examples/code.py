"""Requests for the tools of the code kit."""

from orchestrator.tools.kits.examples import examples

RUN_PYTHON = examples(
    en={
        "run the Python code `print(2 ** 64)`": {"code": "print(2 ** 64)"},
        "execute this Python: `print(sum(range(10)))`": {"code": "print(sum(range(10)))"},
        "run the Python program `import math; print(math.pi)`": {"code": "import math; print(math.pi)"},
        "Python: `print('hello')`": {"code": "print('hello')"},
        "run this python: print('a' + 'b')": {"code": "print('a' + 'b')"},
    },
    fr={
        "exécute le code Python `print(2 ** 64)`": {"code": "print(2 ** 64)"},
        "exécute ce Python : `print(sum(range(10)))`": {"code": "print(sum(range(10)))"},
        "lance le programme Python `import math; print(math.pi)`": {"code": "import math; print(math.pi)"},
        "en Python : `print('bonjour')`": {"code": "print('bonjour')"},
        "exécute ce code python : print('a' + 'b')": {"code": "print('a' + 'b')"},
        "exécute ce python : print('a' + 'b')": {"code": "print('a' + 'b')"},
    },
)

RUN_JAVASCRIPT = examples(
    en={
        "run the JavaScript code `console.log(2 + 2)`": {"code": "console.log(2 + 2)"},
        "execute this JavaScript: `console.log([3, 1, 2].sort())`": {"code": "console.log([3, 1, 2].sort())"},
        "run the JavaScript program `console.log(Math.PI)`": {"code": "console.log(Math.PI)"},
        "JavaScript: `console.log('hello')`": {"code": "console.log('hello')"},
        "run this javascript: console.log('a')": {"code": "console.log('a')"},
        "run node: console.log('a')": {"code": "console.log('a')"},
        "run this in node: console.log('a')": {"code": "console.log('a')"},
    },
    fr={
        "exécute le code JavaScript `console.log(2 + 2)`": {"code": "console.log(2 + 2)"},
        "exécute ce JavaScript : `console.log([3, 1, 2].sort())`": {"code": "console.log([3, 1, 2].sort())"},
        "lance le programme JavaScript `console.log(Math.PI)`": {"code": "console.log(Math.PI)"},
        "en JavaScript : `console.log('bonjour')`": {"code": "console.log('bonjour')"},
        "exécute ce code javascript : console.log('a')": {"code": "console.log('a')"},
        "exécute ce javascript : console.log('a')": {"code": "console.log('a')"},
        "lance ce javascript : console.log('a')": {"code": "console.log('a')"},
    },
)
