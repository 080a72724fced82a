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
        "run SELECT count(*) FROM sales on sales.csv": {"sql": "SELECT count(*) FROM sales", "paths": ["sales.csv"]},
        "SELECT region FROM orders over orders.parquet": {
            "sql": "SELECT region FROM orders",
            "paths": ["orders.parquet"],
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
        "exécute SELECT count(*) FROM ventes sur ventes.csv": {
            "sql": "SELECT count(*) FROM ventes",
            "paths": ["ventes.csv"],
        },
    },
)

DESCRIBE_DATA = examples(
    en={
        "describe the data of sales.csv": {"path": "sales.csv"},
        "which columns does orders.parquet have?": {"path": "orders.parquet"},
        "statistics of the columns of measures.csv": {"path": "measures.csv"},
        "which tables are in shop.db?": {"path": "shop.db"},
        "describe sales.csv": {"path": "sales.csv"},
        "how many rows does sales.csv have, and which columns?": {"path": "sales.csv"},
    },
    fr={
        "décris les données de ventes.csv": {"path": "ventes.csv"},
        "quelles colonnes a commandes.parquet ?": {"path": "commandes.parquet"},
        "statistiques des colonnes de mesures.csv": {"path": "mesures.csv"},
        "quelles tables y a-t-il dans boutique.db ?": {"path": "boutique.db"},
        "décris ventes.csv": {"path": "ventes.csv"},
        "combien de lignes et de colonnes a ventes.csv ?": {"path": "ventes.csv"},
    },
)

CHART_DATA = examples(
    en={
        "chart sales.csv by month": {"path": "sales.csv", "frequency": "monthly"},
        "chart orders.parquet": {"path": "orders.parquet"},
        "draw a chart of visits.csv by week": {"path": "visits.csv", "frequency": "weekly"},
        "plot logs.csv per day": {"path": "logs.csv", "frequency": "daily"},
        "chart of turnover.csv per year": {"path": "turnover.csv", "frequency": "yearly"},
        "chart energy.csv by quarter": {"path": "energy.csv", "frequency": "quarterly"},
        "chart visits.csv by week": {"path": "visits.csv", "frequency": "weekly"},
        "chart logs.csv by day": {"path": "logs.csv", "frequency": "daily"},
        "chart turnover.csv by year": {"path": "turnover.csv", "frequency": "yearly"},
        "chart traffic.csv by hour": {"path": "traffic.csv", "frequency": "hourly"},
        "draw a chart of sales.csv per month": {"path": "sales.csv", "frequency": "monthly"},
        "plot orders.parquet by region": {"path": "orders.parquet", "by": "region"},
        "chart sales.csv by product": {"path": "sales.csv", "by": "product"},
        "chart sales.csv by month and region": {"path": "sales.csv", "frequency": "monthly", "split": "region"},
        "chart budget.xlsx by team": {"path": "budget.xlsx", "by": "team"},
        "draw a line chart of measures.csv by day": {"path": "measures.csv", "frequency": "daily", "kind": "line"},
        "draw a pie chart of budget.csv by department": {"path": "budget.csv", "by": "department", "kind": "pie"},
        "chart the average price in items.csv by category": {
            "path": "items.csv",
            "by": "category",
            "value": "price",
            "how": "average",
        },
        "draw the sum of amount in sales.csv per month": {
            "path": "sales.csv",
            "value": "amount",
            "frequency": "monthly",
        },
        "plot the amount by month of sales.csv as a line": {
            "path": "sales.csv",
            "by": "month",
            "value": "amount",
            "kind": "line",
        },
        "draw a pie of budget.csv by team": {"path": "budget.csv", "by": "team", "kind": "pie"},
        "draw a pie chart of price by city from shops.csv": {
            "path": "shops.csv",
            "by": "city",
            "value": "price",
            "kind": "pie",
        },
        "show sales by country from orders.csv as a chart": {"path": "orders.csv", "by": "country", "value": "sales"},
        "bar chart of price by city from shops.csv": {
            "path": "shops.csv",
            "by": "city",
            "value": "price",
            "kind": "bar",
        },
        "draw a pie chart of amount by region from sales.csv": {
            "path": "sales.csv",
            "by": "region",
            "value": "amount",
            "kind": "pie",
        },
        "draw a chart of amount by region from sales.csv": {"path": "sales.csv", "by": "region", "value": "amount"},
        "chart visits per day from visits.csv": {"path": "visits.csv", "value": "visits", "frequency": "daily"},
        "plot price by city in shops.csv": {"path": "shops.csv", "by": "city", "value": "price"},
    },
    fr={
        "fais un graphique de ventes.csv par mois": {"path": "ventes.csv", "frequency": "monthly"},
        "trace le graphique de ventes.csv par mois": {"path": "ventes.csv", "frequency": "monthly"},
        "dessine un graphique de commandes.parquet": {"path": "commandes.parquet"},
        "fais un graphique de visites.csv par semaine": {"path": "visites.csv", "frequency": "weekly"},
        "graphique de journaux.csv par jour": {"path": "journaux.csv", "frequency": "daily"},
        "fais un graphique de chiffre.csv par an": {"path": "chiffre.csv", "frequency": "yearly"},
        "fais un graphique de energie.csv par trimestre": {"path": "energie.csv", "frequency": "quarterly"},
        "fais un graphique de visites.csv par jour": {"path": "visites.csv", "frequency": "daily"},
        "trace le graphique de trafic.csv par heure": {"path": "trafic.csv", "frequency": "hourly"},
        "dessine un graphique de ventes.csv par mois": {"path": "ventes.csv", "frequency": "monthly"},
        "fais un graphique de ventes.csv par produit": {"path": "ventes.csv", "by": "produit"},
        "graphique de commandes.parquet par region": {"path": "commandes.parquet", "by": "region"},
        "trace le graphique de ventes.csv par produit": {"path": "ventes.csv", "by": "produit"},
        "fais un graphique de ventes.csv par mois et par region": {
            "path": "ventes.csv",
            "frequency": "monthly",
            "split": "region",
        },
        "graphique de budget.xlsx par service": {"path": "budget.xlsx", "by": "service"},
        "trace une courbe de mesures.csv par jour": {"path": "mesures.csv", "frequency": "daily", "kind": "line"},
        "fais un camembert de budget.csv par service": {"path": "budget.csv", "by": "service", "kind": "pie"},
        "dessine un camembert de budget.csv par service": {"path": "budget.csv", "by": "service", "kind": "pie"},
        "trace la moyenne de prix dans articles.csv par categorie": {
            "path": "articles.csv",
            "by": "categorie",
            "value": "prix",
            "how": "average",
        },
        "fais un camembert de budget.csv par équipe": {"path": "budget.csv", "by": "équipe", "kind": "pie"},
        "fais un camembert du prix par ville avec boutiques.csv": {
            "path": "boutiques.csv",
            "by": "ville",
            "value": "prix",
            "kind": "pie",
        },
        "trace les ventes par pays de commandes.csv": {"path": "commandes.csv", "by": "pays", "value": "ventes"},
        "graphique en barres du prix par ville avec boutiques.csv": {
            "path": "boutiques.csv",
            "by": "ville",
            "value": "prix",
            "kind": "bar",
        },
        "montre un graphique en barres du prix par ville de boutiques.csv": {
            "path": "boutiques.csv",
            "by": "ville",
            "value": "prix",
            "kind": "bar",
        },
        "fais un camembert du montant par région avec ventes.csv": {
            "path": "ventes.csv",
            "by": "région",
            "value": "montant",
            "kind": "pie",
        },
        "dessine un graphique du montant par région de ventes.csv": {
            "path": "ventes.csv",
            "by": "région",
            "value": "montant",
        },
        "trace le prix par ville de boutiques.csv": {"path": "boutiques.csv", "by": "ville", "value": "prix"},
        "trace les visites par jour de visites.csv": {"path": "visites.csv", "value": "visites", "frequency": "daily"},
    },
)

SAVE_CHART = examples(
    en={
        "chart sales.csv by month into sales.svg": {
            "path": "sales.csv",
            "frequency": "monthly",
            "destination": "sales.svg",
        },
        "save a chart of orders.parquet to orders.svg": {"path": "orders.parquet", "destination": "orders.svg"},
        "save a chart of orders.parquet by region as regions.svg": {
            "path": "orders.parquet",
            "by": "region",
            "destination": "regions.svg",
        },
        "draw a chart of visits.csv by week into charts/visits.svg": {
            "path": "visits.csv",
            "frequency": "weekly",
            "destination": "charts/visits.svg",
        },
        "chart price by city from shops.csv and save it to shops.svg": {
            "path": "shops.csv",
            "by": "city",
            "value": "price",
            "destination": "shops.svg",
        },
    },
    fr={
        "trace le graphique de ventes.csv par mois dans ventes.svg": {
            "path": "ventes.csv",
            "frequency": "monthly",
            "destination": "ventes.svg",
        },
        "enregistre un graphique de commandes.parquet dans commandes.svg": {
            "path": "commandes.parquet",
            "destination": "commandes.svg",
        },
        "enregistre un graphique de commandes.parquet par region dans regions.svg": {
            "path": "commandes.parquet",
            "by": "region",
            "destination": "regions.svg",
        },
        "dessine un graphique de visites.csv par semaine dans graphiques/visites.svg": {
            "path": "visites.csv",
            "frequency": "weekly",
            "destination": "graphiques/visites.svg",
        },
        "trace le prix par ville de boutiques.csv et enregistre-le dans boutiques.svg": {
            "path": "boutiques.csv",
            "by": "ville",
            "value": "prix",
            "destination": "boutiques.svg",
        },
    },
)
