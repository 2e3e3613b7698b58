-- Two logs as one. A change of accounts stands in both: here it is told once, with who did it.

-- name: search
WITH doors AS (
    SELECT happened_at, what AS kind, login AS who, login, address, detail, false AS is_act, event_id AS nth
    FROM security_event
    WHERE city_id = %(city)s AND what <> ALL(%(changes)s)
      AND (%(kind)s::text IS NULL OR what = %(kind)s)
      AND (%(since)s::timestamptz IS NULL OR happened_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR happened_at < %(until)s)
      AND (%(person)s::text IS NULL OR login ILIKE %(person)s OR address ILIKE %(person)s)
    ORDER BY happened_at DESC, event_id DESC LIMIT %(reach)s
), acts AS (
    SELECT happened_at, what AS kind, who, coalesce(detail->>'login', '') AS login,
           coalesce(detail->>'address', '') AS address,
           CASE WHEN what = ANY(%(changes)s) THEN coalesce(detail->>'detail', '')
                ELSE (SELECT coalesce(string_agg(key || ' ' || value, ', ' ORDER BY key), '') FROM jsonb_each_text(detail))
           END AS detail, what <> ALL(%(changes)s) AS is_act, audit_id AS nth
    FROM audit
    WHERE city_id = %(city)s
      AND (%(kind)s::text IS NULL OR what = %(kind)s)
      AND (%(since)s::timestamptz IS NULL OR happened_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR happened_at < %(until)s)
      AND (%(person)s::text IS NULL OR who ILIKE %(person)s OR detail->>'login' ILIKE %(person)s
           OR detail->>'address' ILIKE %(person)s)
    ORDER BY happened_at DESC, audit_id DESC LIMIT %(reach)s
)
SELECT happened_at, kind, who, login, address, left(detail, 300) AS detail, is_act
FROM (SELECT * FROM doors UNION ALL SELECT * FROM acts) AS both_logs
ORDER BY happened_at DESC, is_act, nth DESC OFFSET %(skipped)s LIMIT %(most)s

-- name: list_acts
SELECT DISTINCT what FROM audit WHERE city_id = %(city)s AND what <> ALL(%(changes)s) ORDER BY what LIMIT 100
