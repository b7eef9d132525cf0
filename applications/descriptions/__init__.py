"""What the edges say about themselves, as OpenAPI 3.1: its parts, what views register, and the whole document.

tests/api/test_openapi.py holds the document against the views.
"""
