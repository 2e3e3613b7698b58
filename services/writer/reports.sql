-- name: insert_report
-- It joins the first of the same kind and container that is not done: neither emptied since, where that settles it, nor
-- seen to. Who insists that a container is full just after it was emptied joins those who do.
INSERT INTO report (report_id, alert_id, city_id, kind, container_id, lon, lat, door, made_at, answer, known_at, insists,
                    joins)
SELECT %(id)s::text, %(alert_id)s::uuid, %(city)s::text, %(kind)s::text, %(container)s::text, %(lon)s::float8,
       %(lat)s::float8, %(door)s::text, %(made_at)s::timestamptz, %(answer)s::text, %(known_at)s::timestamptz,
       %(insists)s::boolean, (
    SELECT f.report_id FROM report_now f
    WHERE f.city_id = %(city)s AND f.container_id = %(container)s AND f.kind = %(kind)s AND f.insists = %(insists)s
      AND (f.answer = 'just_emptied') = (%(answer)s = 'just_emptied')
      AND f.first_id = f.report_id AND f.report_id <> %(id)s AND f.made_at > %(since)s AND f.made_at <= %(made_at)s
      AND f.seen_at IS NULL AND f.emptied_at IS NULL
    ORDER BY f.made_at LIMIT 1)
ON CONFLICT DO NOTHING

-- name: insert_private
INSERT INTO report_private (report_id, city_id, drop_at, contact, words, address, media_url, photo)
VALUES (%(id)s, %(city)s, %(drop_at)s, %(contact)s, %(words)s, %(address)s, %(media_url)s, %(photo)s)
ON CONFLICT DO NOTHING

-- name: forget_private
DELETE FROM report_private WHERE drop_at < %(now)s
