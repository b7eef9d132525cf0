"""The description of the API and of the OAuth endpoints, as OpenAPI 3.1; tests/api/test_openapi.py holds it to them."""
