-- Keys by which other programs of the shop call operations of the staff: an ERP, a carrier, an agent.
-- A key is shown once, when it is made. Only its SHA-256 is stored: a key is 190 random bits, so a
-- slow hash would protect nothing more.
CREATE TABLE api_keys (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text NOT NULL,
    hint              text NOT NULL,                   -- how the key begins and ends, to recognise it
    key_hash          bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    old_key_hash      bytea UNIQUE CHECK (length(old_key_hash) = 32), -- the key before the last rotation
    old_key_until     timestamptz,                     -- works until then
    scopes            text[] NOT NULL CHECK (cardinality(scopes) > 0),
    networks          cidr[] NOT NULL DEFAULT '{}',    -- where calls may come from; none: from anywhere
    calls_per_minute  integer CHECK (calls_per_minute > 0), -- null: as many as each operation allows
    expires_at        timestamptz,                     -- null: never
    created_by        bigint REFERENCES users,         -- null: made by another key
    last_used_at      timestamptz,                     -- to the minute
    last_used_address inet,
    revoked_at        timestamptz,                     -- the row stays for the audit log
    version           bigint NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CHECK ((old_key_hash IS NULL) = (old_key_until IS NULL))
);
CREATE INDEX api_keys_living_idx ON api_keys (id) WHERE revoked_at IS NULL;
SELECT audit_table('api_keys', 'api_key', label => 'name', masked => '{key_hash,old_key_hash}',
                   left_out => '{last_used_at,last_used_address}');
