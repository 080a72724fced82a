"""The database, its migrations, the blobs, and the lock on the data folder."""
