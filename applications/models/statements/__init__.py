"""The frequent statements: those that each token request, API call and preview runs. One round trip each.

They are in SQL, the same text on PostgreSQL and SQLite. docs/decisions/0004 has the measurements; why each is as it is
stands beside it. What is asked of the database less often goes through the querysets of the models.
"""
