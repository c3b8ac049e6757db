"""What a source looks like: its YAML file, the shapes of its turns, queries and places of records."""
