"""Django's backend for PostgreSQL, with limits to every wait."""
