-- Who may do what in the database `wallet`. Run as superuser once, before the first migration:
--   createdb wallet; psql -v ON_ERROR_STOP=1 -d wallet -f deploy/postgresql/roles.sql
-- Local connections use peer authentication or a certificate; give passwords with \password.

CREATE ROLE wallet_owner LOGIN;   -- runs migrations, nothing else
CREATE ROLE wallet_app LOGIN;     -- API and jobs: rows, no schema
CREATE ROLE wallet_backup LOGIN;  -- pg_dump: reads

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO wallet_owner;
GRANT USAGE ON SCHEMA public TO wallet_app, wallet_backup;

ALTER DEFAULT PRIVILEGES FOR ROLE wallet_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wallet_app;
ALTER DEFAULT PRIVILEGES FOR ROLE wallet_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO wallet_app;
ALTER DEFAULT PRIVILEGES FOR ROLE wallet_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO wallet_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE wallet_owner IN SCHEMA public
    GRANT SELECT ON SEQUENCES TO wallet_backup;
