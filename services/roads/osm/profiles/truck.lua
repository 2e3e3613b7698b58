-- A waste truck. Speeds are assumed, below those of OSRM's car, until they are learned from the city's own trucks.
local over_car = require("over_car")

-- Tracks lead to landfills; grades 4 and 5 are soil and grass (OSM wiki, Key:tracktype).
local SOFT_TRACKS = { grade4 = true, grade5 = true }
local HEAVY_KG = 3500 -- OSM wiki, Key:hgv: the tag speaks of goods vehicles above 3.5 t

return function(vehicle)
  local access = { "motor_vehicle", "vehicle", "access" }
  local restrictions = { "motor_vehicle", "vehicle" }
  table.insert(access, 1, vehicle.weight_kg > HEAVY_KG and "hgv" or "goods")
  table.insert(restrictions, 1, vehicle.weight_kg > HEAVY_KG and "hgv" or "goods")
  return over_car.profile(vehicle, {
    access = access,
    restrictions = restrictions,
    max_speed_kmh = 80,
    u_turn_s = 60,
    extra_speeds_kmh = { track = 12 },
    speeds_kmh = {
      motorway = 80, motorway_link = 40, trunk = 65, trunk_link = 35, primary = 45, primary_link = 30,
      secondary = 40, secondary_link = 25, tertiary = 32, tertiary_link = 20, unclassified = 24,
      residential = 20, living_street = 8, service = 12, track = 12,
    },
    refuses = function(way, highway)
      return highway == "track" and SOFT_TRACKS[way:get_value_by_key("tracktype") or ""]
    end,
  })
end
