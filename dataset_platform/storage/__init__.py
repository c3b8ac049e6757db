"""Where bytes lie: stores, the commit protocol over them, and Dagster's IO managers."""
