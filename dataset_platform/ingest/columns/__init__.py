"""JSON lines and Parquet read as columns, wherever that gives what reading them one by one gives."""
