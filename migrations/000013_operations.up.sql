-- Responses to requests with an Idempotency-Key, stored for a day to be repeated. A row without a
-- response belongs to a request that is under way and has until leased_until to finish.
CREATE TABLE idempotency_keys (
    user_id      bigint NOT NULL,
    operation    text NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32),   -- of the request: another one may not use the key
    status       integer,
    body         bytea,
    attempt      bigint NOT NULL DEFAULT 1,    -- counts leases; only the last may store a response
    leased_until timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, operation, key),
    CHECK ((status IS NULL) = (body IS NULL)),
    CHECK (status IS NOT NULL OR leased_until IS NOT NULL)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

-- Returns when a day begins in a time zone.
CREATE FUNCTION day_start(day date, zone text) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT day::timestamp AT TIME ZONE zone
$$;

-- Returns the days from the first until the one before until.
CREATE FUNCTION days_of(first date, until date) RETURNS SETOF date LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT first + n FROM generate_series(0, until - first - 1) AS n
$$;
