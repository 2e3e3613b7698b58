-- name: insert_observations
-- Those that are new. A trigger tells the states of their containers (0007_evidence.sql).
INSERT INTO observation (observation_id, city_id, kind, container_id, truck_id, site_id, happened_at, received_at,
                         fill_ratio, weight_kg, reason, remark, said_by)
SELECT * FROM unnest(%(id)s::uuid[], %(city)s::text[], %(kind)s::text[], %(container)s::text[], %(truck)s::text[],
                     %(site)s::text[], %(happened_at)s::timestamptz[], %(received_at)s::timestamptz[],
                     %(fill_ratio)s::real[], %(weight_kg)s::double precision[], %(reason)s::text[],
                     %(remark)s::text[], %(said_by)s::text[])
ON CONFLICT (observation_id) DO NOTHING
