"""JSON lines read as columns by DuckDB, wherever that gives the rows that reading them one by one gives."""
