-- A motor tricycle: takes tracks, paths and alleys that no truck can, slowly.
local over_car = require("over_car")

local NARROW = { path = true, footway = true, pedestrian = true }
local MAY = { yes = true, designated = true, permissive = true, destination = true, delivery = true }

local function is_wide_enough(way, vehicle)
  local width_m = tonumber((way:get_value_by_key("width") or ""):match("%d+%.?%d*"))
  return width_m and width_m > vehicle.width_m
end

return function(vehicle)
  -- Paths and footways only where a tag lets motors in, or a path is measured wide enough.
  local function refuses(way, highway)
    if not NARROW[highway] then
      return false
    end
    for _, key in ipairs({ "motorcycle", "motor_vehicle", "vehicle" }) do
      local value = way:get_value_by_key(key)
      if value then
        return not MAY[value]
      end
    end
    return highway ~= "path" or not is_wide_enough(way, vehicle)
  end

  return over_car.profile(vehicle, {
    access = { "motorcycle", "motor_vehicle", "vehicle", "access" },
    restrictions = { "motorcycle", "motor_vehicle", "vehicle" },
    max_speed_kmh = 35,
    u_turn_s = 10,
    extra_speeds_kmh = { track = 12, path = 8, footway = 6, pedestrian = 6 },
    speeds_kmh = {
      tertiary = 28, unclassified = 22, residential = 20, living_street = 10, service = 14,
      track = 12, path = 8, footway = 6, pedestrian = 6,
    },
    refuses = refuses,
  })
end
