-- What the server may do with the tables. Run it as latchkey_owner after every migration; it may be run twice:
--     psql --set ON_ERROR_STOP=1 --username latchkey_owner --dbname latchkey --file deploy/postgresql/grants.sql
-- In one transaction, so that a running server never finds a right missing that it had.

BEGIN;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM latchkey_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO latchkey_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO latchkey_app;

-- The audit log is added to, and nothing else. Which migrations ran is only read.
REVOKE UPDATE, DELETE ON applications_auditevent FROM latchkey_app;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM latchkey_app;

COMMIT;
