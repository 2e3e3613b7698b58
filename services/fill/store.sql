-- name: list_states
-- In the order of the fields of `ContainerState`. Read in binary, where a `real` would come with more digits than it
-- has.
SELECT s.container_id AS container, s.fill_ratio::text::double precision AS fill_ratio, s.fill_at, s.last_emptied_at,
       s.fill_epoch, s.readings, s.sum_x, s.sum_y, s.sum_xx, s.sum_xy, s.usual_fill_per_day
FROM container_state s JOIN container c USING (city_id, container_id)
WHERE s.city_id = %(city)s AND c.active
