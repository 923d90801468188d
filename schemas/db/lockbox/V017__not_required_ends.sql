-- Access that nobody was asked for ends as a grant does: by time, by its ticket, by Lockbox being enabled, by a revoke.

SET LOCAL ROLE lockbox_owner;
SET LOCAL search_path = lockbox;

INSERT INTO legal_move (role, from_state, to_state)
VALUES ('lockbox_requester', 'not_required', 'completed'),
       ('lockbox_requester', 'not_required', 'revoked'),
       ('lockbox_decider',   'not_required', 'completed'),
       ('lockbox_decider',   'not_required', 'revoked'),
       ('lockbox_expirer',   'not_required', 'completed');

-- What stands is due as what comes is. No version of a request: nothing that it tells changes.
ALTER TABLE request DISABLE TRIGGER changed_rightly;
UPDATE request SET due_at = expires_at WHERE state = 'not_required' AND expires_at > clock_timestamp();
ALTER TABLE request ENABLE TRIGGER changed_rightly;

-- Programs before this one know no end of such a request.
UPDATE schema_version SET version = 17, oldest_program = 17;

RESET ROLE;
