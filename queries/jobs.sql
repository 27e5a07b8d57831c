-- Takes running jobs from workers that died: those that run for longer than jobs of their kind may,
-- by the clock of the database. A job returns to its queue, unless it was its last attempt or it
-- was cancelled meanwhile (river_job_prioritized_fetching_index).
-- name: RescueJobs :execrows
UPDATE river_job j
   SET state = dead.state, scheduled_at = now(),
       finalized_at = CASE WHEN dead.state <> 'available' THEN now() END,
       errors = array_append(j.errors, jsonb_build_object('at', now(), 'attempt', j.attempt,
           'error', 'the process that worked it died', 'trace', ''))
  FROM (SELECT r.id, CASE WHEN r.metadata ? 'cancel_attempted_at' THEN 'cancelled'::river_job_state
                          WHEN r.attempt < r.max_attempts THEN 'available'
                          ELSE 'discarded' END AS state
          FROM river_job r
          JOIN (SELECT unnest(@kinds::text[]) AS kind, unnest(@seconds::int[]) AS seconds) may
            ON may.kind = r.kind
         WHERE r.state = 'running' AND r.attempted_at < now() - make_interval(secs => may.seconds)
           FOR UPDATE OF r SKIP LOCKED) dead
 WHERE j.id = dead.id;
