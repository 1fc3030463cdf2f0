-- Run as wallet_owner after every migration; running it again changes nothing.
-- The audit trail is only ever added to; nobody needs to change the schema's version but the owner.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM wallet_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM wallet_app;
