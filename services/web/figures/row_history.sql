-- name: list_row_states
-- Each state of a row, and by which version it came and went.
SELECT r.document, r.from_version, v.loaded_at, v.who, v.reason, r.until_version AS gone_version,
       gone.loaded_at AS gone_at, gone.who AS gone_by, gone.reason AS gone_reason
FROM registry_row r
JOIN registry_version v ON (v.city_id, v.version) = (r.city_id, r.from_version)
LEFT JOIN registry_version gone ON (gone.city_id, gone.version) = (r.city_id, r.until_version)
WHERE r.city_id = %(city)s AND r.kind = %(kind)s AND r.entry_id = %(id)s ORDER BY r.from_version
