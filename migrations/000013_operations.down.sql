DROP FUNCTION days_of(date, date);
DROP FUNCTION day_start(date, text);
DROP TABLE idempotency_keys;
