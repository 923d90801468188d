-- What has to be there before `lockboxctl db migrate`, and what it leaves to whoever runs the database: the audit
-- database, and the passwords of those who log in. Run by psql as superuser at every start: a changed secret becomes
-- the password.
\set ON_ERROR_STOP on
\set worker `cat /run/secrets/worker_password`
\set audit_writer `cat /run/secrets/audit_writer_password`
\set enforcer `cat /run/secrets/enforcer_password`
\set auditor `cat /run/secrets/auditor_password`

SELECT 'CREATE DATABASE audit' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'audit')
\gexec

SELECT format('CREATE ROLE %I LOGIN', wanted)
  FROM unnest(ARRAY['lockbox_worker', 'lockbox_audit_writer', 'lockbox_enforcer', 'lockbox_auditor']) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
\gexec

-- Not for the server's log, whatever it logs.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
ALTER ROLE lockbox_worker PASSWORD :'worker';
ALTER ROLE lockbox_audit_writer PASSWORD :'audit_writer';
ALTER ROLE lockbox_enforcer PASSWORD :'enforcer';
ALTER ROLE lockbox_auditor PASSWORD :'auditor';

-- Each database is for its own: who works in one cannot even connect to the other.
REVOKE CONNECT ON DATABASE lockbox, audit FROM PUBLIC;
GRANT CONNECT ON DATABASE lockbox TO lockbox_worker, lockbox_enforcer;
GRANT CONNECT ON DATABASE audit TO lockbox_audit_writer, lockbox_auditor;
