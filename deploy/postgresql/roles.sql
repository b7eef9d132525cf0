-- Two roles: latchkey_owner makes the tables (migrations), latchkey_app is what the server runs as. It can write audit
-- rows, and can neither change nor remove them, nor turn off the triggers that guard them (docs/decisions/0016).
--
-- Run it once, before the first migration, as a superuser in an empty database of Latchkey's own:
--     psql --set ON_ERROR_STOP=1 --dbname latchkey --file deploy/postgresql/roles.sql
-- Then give both a password (\password latchkey_owner, \password latchkey_app). In a database that has tables already,
-- run `REASSIGN OWNED BY old_role TO latchkey_owner` as well, and grants.sql after it.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'latchkey_owner') THEN
        CREATE ROLE latchkey_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'latchkey_app') THEN
        CREATE ROLE latchkey_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO latchkey_owner, latchkey_app', current_database());
END $$;

ALTER SCHEMA public OWNER TO latchkey_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO latchkey_app;
