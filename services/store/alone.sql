-- name: try_lock
SELECT pg_try_advisory_lock(%(key)s) AS got

-- name: unlock
SELECT pg_advisory_unlock(%(key)s)
