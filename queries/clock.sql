-- Returns the time of the database, also within a transaction.
-- name: ReadClock :one
SELECT clock_timestamp()::timestamptz AS now;
