-- Adds what a call of a model provider cost to its day.
-- name: AddModelUsage :exec
INSERT INTO model_usage AS u (day, provider, calls, input_tokens, output_tokens) VALUES ((now() AT TIME ZONE 'UTC')::date, $1, 1, $2, $3)
ON CONFLICT (day, provider) DO UPDATE
   SET calls = u.calls + 1, input_tokens = u.input_tokens + excluded.input_tokens, output_tokens = u.output_tokens + excluded.output_tokens;

-- The tokens a provider cost today.
-- name: GetModelUsage :one
SELECT coalesce(sum(input_tokens + output_tokens), 0)::bigint FROM model_usage WHERE day = (now() AT TIME ZONE 'UTC')::date AND provider = $1;
