"""Requests for the tools of the data kit."""

from orchestrator.tools.kits.examples import examples

QUERY_DATA = examples(
    en={
        'query sales.csv with "SELECT count(*) FROM sales"': {
            "sql": "SELECT count(*) FROM sales",
            "paths": ["sales.csv"],
        },
        "run the SQL `SELECT region, sum(amount) FROM orders GROUP BY region` on orders.parquet": {
            "sql": "SELECT region, sum(amount) FROM orders GROUP BY region",
            "paths": ["orders.parquet"],
        },
        'ask shop.db in SQL: "SELECT * FROM customers"': {"sql": "SELECT * FROM customers", "paths": ["shop.db"]},
        'SQL query "SELECT max(price) FROM items" over data/items.csv': {
            "sql": "SELECT max(price) FROM items",
            "paths": ["data/items.csv"],
        },
    },
    fr={
        "interroge ventes.csv avec « SELECT count(*) FROM ventes »": {
            "sql": "SELECT count(*) FROM ventes",
            "paths": ["ventes.csv"],
        },
        "lance le SQL `SELECT region, sum(montant) FROM commandes GROUP BY region` sur commandes.parquet": {
            "sql": "SELECT region, sum(montant) FROM commandes GROUP BY region",
            "paths": ["commandes.parquet"],
        },
        "demande à boutique.db en SQL : « SELECT * FROM clients »": {
            "sql": "SELECT * FROM clients",
            "paths": ["boutique.db"],
        },
        "requête SQL « SELECT max(prix) FROM articles » sur donnees/articles.csv": {
            "sql": "SELECT max(prix) FROM articles",
            "paths": ["donnees/articles.csv"],
        },
    },
)

DESCRIBE_DATA = examples(
    en={
        "describe the data of sales.csv": {"path": "sales.csv"},
        "which columns does orders.parquet have?": {"path": "orders.parquet"},
        "statistics of the columns of measures.csv": {"path": "measures.csv"},
        "which tables are in shop.db?": {"path": "shop.db"},
    },
    fr={
        "décris les données de ventes.csv": {"path": "ventes.csv"},
        "quelles colonnes a commandes.parquet ?": {"path": "commandes.parquet"},
        "statistiques des colonnes de mesures.csv": {"path": "mesures.csv"},
        "quelles tables y a-t-il dans boutique.db ?": {"path": "boutique.db"},
    },
)

CHART_DATA = examples(
    en={
        "chart sales.csv by month": {"path": "sales.csv", "by": "month"},
        "chart orders.parquet": {"path": "orders.parquet"},
        "draw a chart of visits.csv by week": {"path": "visits.csv", "by": "week"},
        "plot orders.parquet by region": {"path": "orders.parquet", "by": "region"},
        "draw a line chart of measures.csv by day": {"path": "measures.csv", "by": "day", "kind": "line"},
        "draw a pie chart of budget.csv by department": {"path": "budget.csv", "by": "department", "kind": "pie"},
        "chart the average of price in items.csv by category": {
            "path": "items.csv",
            "by": "category",
            "value": "price",
            "how": "average",
        },
    },
    fr={
        "trace le graphique de ventes.csv par mois": {"path": "ventes.csv", "by": "mois"},
        "dessine un graphique de commandes.parquet": {"path": "commandes.parquet"},
        "fais un graphique de visites.csv par semaine": {"path": "visites.csv", "by": "semaine"},
        "graphique de commandes.parquet par region": {"path": "commandes.parquet", "by": "region"},
        "trace une courbe de mesures.csv par jour": {"path": "mesures.csv", "by": "jour", "kind": "line"},
        "fais un camembert de budget.csv par service": {"path": "budget.csv", "by": "service", "kind": "pie"},
        "trace la moyenne de prix dans articles.csv par categorie": {
            "path": "articles.csv",
            "by": "categorie",
            "value": "prix",
            "how": "average",
        },
    },
)
