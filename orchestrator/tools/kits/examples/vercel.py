"""Requests for the tools of the vercel kit."""

from orchestrator.tools.kits.examples import examples

_ONE, _TWO = "dpl_4xYz81", "shop-9a8b7c.vercel.app"

VERCEL_PROJECTS = examples(
    en={
        "list my projects on vercel": {},
        "which projects are there on vercel?": {},
        "show the projects on vercel": {},
        'projects on vercel called "shop"': {"search": "shop"},
        "which vercel projects do I have?": {},
        "show me everything I have on vercel": {},
    },
    fr={
        "liste mes projets sur vercel": {},
        "quels projets y a-t-il sur vercel ?": {},
        "montre les projets sur vercel": {},
        "projets sur vercel appelés « shop »": {"search": "shop"},
        "quels sont mes projets vercel ?": {},
        "donne la liste des projets vercel": {},
    },
)

VERCEL_DEPLOYMENTS = examples(
    en={
        "list the vercel deployments": {},
        "list the deployments of the project shop on vercel": {"project": "shop"},
        "which vercel deployments failed?": {"state": "ERROR"},
        "show the production deployments on vercel": {"target": "production"},
        "show the latest deployments of the project blog": {"project": "blog"},
        "what was deployed on vercel lately?": {},
        "which deployments of shop failed?": {"project": "shop", "state": "ERROR"},
    },
    fr={
        "liste les déploiements vercel": {},
        "liste les déploiements du projet shop sur vercel": {"project": "shop"},
        "quels déploiements vercel ont échoué ?": {"state": "ERROR"},
        "montre les déploiements de production sur vercel": {"target": "production"},
        "quels sont les derniers déploiements du projet blog ?": {"project": "blog"},
        "qu'est-ce qui a été déployé sur vercel dernièrement ?": {},
        "quels déploiements de shop ont échoué ?": {"project": "shop", "state": "ERROR"},
    },
)

VERCEL_DEPLOYMENT = examples(
    en={
        "show the deployment dpl_4xYz81 on vercel": {"deployment": _ONE},
        "why did the deployment dpl_4xYz81 fail on vercel?": {"deployment": _ONE},
        "describe the vercel deployment shop-9a8b7c.vercel.app": {"deployment": _TWO},
        "state of the vercel deployment shop-9a8b7c.vercel.app": {"deployment": _TWO},
        "how is the deployment dpl_4xYz81 doing?": {"deployment": "dpl_4xYz81"},
        "what went wrong with dpl_4xYz81?": {"deployment": "dpl_4xYz81"},
    },
    fr={
        "montre le déploiement dpl_4xYz81 sur vercel": {"deployment": _ONE},
        "pourquoi le déploiement dpl_4xYz81 a-t-il échoué sur vercel ?": {"deployment": _ONE},
        "décris le déploiement vercel shop-9a8b7c.vercel.app": {"deployment": _TWO},
        "état du déploiement vercel shop-9a8b7c.vercel.app": {"deployment": _TWO},
        "où en est le déploiement dpl_4xYz81 ?": {"deployment": "dpl_4xYz81"},
        "pourquoi dpl_4xYz81 a échoué ?": {"deployment": "dpl_4xYz81"},
    },
)

VERCEL_LOGS = examples(
    en={
        "show the build log of dpl_4xYz81 on vercel": {"deployment": _ONE},
        "read the vercel logs of dpl_4xYz81": {"deployment": _ONE},
        "the last 50 lines of the vercel log of dpl_4xYz81": {"deployment": _ONE, "lines": 50},
        "show the build log of dpl_9aBc on vercel": {"deployment": "dpl_9aBc"},
        "give me the logs of dpl_4xYz81": {"deployment": "dpl_4xYz81"},
        "the build output of the deployment dpl_4xYz81": {"deployment": "dpl_4xYz81"},
    },
    fr={
        "montre le journal de build de dpl_4xYz81 sur vercel": {"deployment": _ONE},
        "lis les logs vercel de dpl_4xYz81": {"deployment": _ONE},
        "les 50 dernières lignes du log vercel de dpl_4xYz81": {"deployment": _ONE, "lines": 50},
        "montre le journal de build de dpl_9aBc sur vercel": {"deployment": "dpl_9aBc"},
        "donne-moi les logs de dpl_4xYz81": {"deployment": "dpl_4xYz81"},
        "le journal de construction du déploiement dpl_4xYz81": {"deployment": "dpl_4xYz81"},
    },
)

VERCEL_REDEPLOY = examples(
    en={
        "redeploy dpl_4xYz81 on vercel": {"deployment": _ONE},
        "redeploy dpl_4xYz81 to production on vercel": {"deployment": _ONE, "target": "production"},
        "redeploy dpl_9aBc on vercel": {"deployment": "dpl_9aBc"},
        "rebuild dpl_4xYz81 on vercel": {"deployment": _ONE},
        "deploy dpl_4xYz81 again": {"deployment": "dpl_4xYz81"},
    },
    fr={
        "redéploie dpl_4xYz81 sur vercel": {"deployment": _ONE},
        "redéploie dpl_4xYz81 en production sur vercel": {"deployment": _ONE, "target": "production"},
        "redéploie dpl_9aBc sur vercel": {"deployment": "dpl_9aBc"},
        "reconstruis dpl_4xYz81 sur vercel": {"deployment": _ONE},
        "relance le déploiement dpl_4xYz81": {"deployment": "dpl_4xYz81"},
    },
)

VERCEL_CANCEL = examples(
    en={
        "cancel the vercel deployment dpl_4xYz81": {"deployment": _ONE},
        "cancel dpl_4xYz81 on vercel": {"deployment": _ONE},
        "abort the vercel deployment dpl_4xYz81": {"deployment": _ONE},
        "abort dpl_9aBc on vercel": {"deployment": "dpl_9aBc"},
        "cancel the deployment dpl_4xYz81": {"deployment": "dpl_4xYz81"},
        "stop dpl_4xYz81": {"deployment": "dpl_4xYz81"},
    },
    fr={
        "annule le déploiement vercel dpl_4xYz81": {"deployment": _ONE},
        "annule dpl_4xYz81 sur vercel": {"deployment": _ONE},
        "interromps le déploiement vercel dpl_4xYz81": {"deployment": _ONE},
        "interromps dpl_9aBc sur vercel": {"deployment": "dpl_9aBc"},
        "annule dpl_4xYz81": {"deployment": "dpl_4xYz81"},
        "arrête le déploiement dpl_4xYz81": {"deployment": "dpl_4xYz81"},
    },
)

VERCEL_PROMOTE = examples(
    en={
        "promote dpl_4xYz81 on vercel": {"deployment": _ONE},
        "promote the vercel deployment dpl_4xYz81": {"deployment": _ONE},
        "promote shop-9a8b7c.vercel.app on vercel": {"deployment": _TWO},
        "promote the vercel deployment shop-9a8b7c.vercel.app to production": {"deployment": _TWO},
        "make dpl_4xYz81 the production": {"deployment": "dpl_4xYz81"},
        "promote dpl_4xYz81": {"deployment": "dpl_4xYz81"},
        "put dpl_4xYz81 into production": {"deployment": "dpl_4xYz81"},
    },
    fr={
        "promeus dpl_4xYz81 sur vercel": {"deployment": _ONE},
        "promeus le déploiement vercel dpl_4xYz81": {"deployment": _ONE},
        "promeus shop-9a8b7c.vercel.app sur vercel": {"deployment": _TWO},
        "promeus le déploiement vercel shop-9a8b7c.vercel.app en production": {"deployment": _TWO},
        "passe dpl_4xYz81 en production": {"deployment": "dpl_4xYz81"},
        "promeus dpl_4xYz81": {"deployment": "dpl_4xYz81"},
        "mets le déploiement dpl_4xYz81 en production": {"deployment": "dpl_4xYz81"},
    },
)
