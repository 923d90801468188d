-- What has to be there before `lockboxctl db migrate`, and what it leaves to whoever runs the database: the audit
-- database, and the passwords of those who log in. Run by psql as superuser at every start: a changed secret becomes
-- the password. Each NAME_password is a file in the directory SECRETS_DIR, /run/secrets if there is no such variable.
\set ON_ERROR_STOP on
\set requester `cat "${SECRETS_DIR:-/run/secrets}/requester_password"`
\set decider `cat "${SECRETS_DIR:-/run/secrets}/decider_password"`
\set expirer `cat "${SECRETS_DIR:-/run/secrets}/expirer_password"`
\set relay `cat "${SECRETS_DIR:-/run/secrets}/relay_password"`
\set notifier `cat "${SECRETS_DIR:-/run/secrets}/notifier_password"`
\set authorizer `cat "${SECRETS_DIR:-/run/secrets}/authorizer_password"`
\set audit_writer `cat "${SECRETS_DIR:-/run/secrets}/audit_writer_password"`
\set enforcer `cat "${SECRETS_DIR:-/run/secrets}/enforcer_password"`
\set auditor `cat "${SECRETS_DIR:-/run/secrets}/auditor_password"`

SELECT 'CREATE DATABASE audit' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'audit')
\gexec

SELECT format('CREATE ROLE %I LOGIN', wanted)
  FROM unnest(ARRAY['lockbox_requester', 'lockbox_decider', 'lockbox_expirer', 'lockbox_relay', 'lockbox_notifier',
                    'lockbox_authorizer', 'lockbox_enforcer', 'lockbox_audit_writer', 'lockbox_auditor']) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
\gexec

-- Not for the server's log, whatever it logs.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
ALTER ROLE lockbox_requester PASSWORD :'requester';
ALTER ROLE lockbox_decider PASSWORD :'decider';
ALTER ROLE lockbox_expirer PASSWORD :'expirer';
ALTER ROLE lockbox_relay PASSWORD :'relay';
ALTER ROLE lockbox_notifier PASSWORD :'notifier';
ALTER ROLE lockbox_authorizer PASSWORD :'authorizer';
ALTER ROLE lockbox_audit_writer PASSWORD :'audit_writer';
ALTER ROLE lockbox_enforcer PASSWORD :'enforcer';
ALTER ROLE lockbox_auditor PASSWORD :'auditor';

-- Each database is for its own: who works in one cannot even connect to the other. lockbox_worker, whom every worker
-- of an earlier version was, logs in no more.
REVOKE CONNECT ON DATABASE lockbox, audit FROM PUBLIC;
GRANT CONNECT ON DATABASE lockbox TO lockbox_requester, lockbox_decider, lockbox_expirer, lockbox_relay, lockbox_notifier,
    lockbox_authorizer, lockbox_enforcer;
GRANT CONNECT ON DATABASE audit TO lockbox_audit_writer, lockbox_auditor;
SELECT 'ALTER ROLE lockbox_worker NOLOGIN PASSWORD NULL' WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = 'lockbox_worker')
\gexec
