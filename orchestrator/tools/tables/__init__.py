"""Tables in files: CSV, Parquet, JSON and SQLite, asked in SQL, described and drawn."""
