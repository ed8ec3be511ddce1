"""How long PostgreSQL takes for each page of the lists, with millions of rows."""
