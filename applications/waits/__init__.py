"""How long the database and other servers are waited for, and what happens when they do not answer."""
