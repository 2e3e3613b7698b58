-- What our vehicles share: OSRM's car profile with the vehicle's own size, rights and pace laid over it.
-- `vehicle` is a table of the generated profile.lua: height_m, width_m, length_m, weight_kg.
local car = require("car")
local over = {}

-- A street that is there and yet tagged in no way that a car profile knows keeps its speed from here.
local function slowest(speed, rate, cap)
  if speed and speed > cap then
    return cap, (rate and rate > 0) and rate * cap / speed or rate
  end
  return speed, rate
end

-- Speeds of car.lua are those of a car on a free road; a waste vehicle is held to its own, and the preference between
-- streets (the rate) shrinks with it.
local function hold_to(result, cap)
  result.forward_speed, result.forward_rate = slowest(result.forward_speed, result.forward_rate, cap)
  result.backward_speed, result.backward_rate = slowest(result.backward_speed, result.backward_rate, cap)
end

function over.profile(vehicle, rights)
  local function setup()
    local profile = car.setup()
    profile.vehicle_height = vehicle.height_m
    profile.vehicle_width = vehicle.width_m
    profile.vehicle_length = vehicle.length_m
    profile.vehicle_weight = vehicle.weight_kg
    profile.vehicle_max_speed = rights.max_speed_kmh
    profile.access_tags_hierarchy = Sequence(rights.access)
    profile.restrictions = Sequence(rights.restrictions)
    for highway, speed in pairs(rights.extra_speeds_kmh) do
      profile.speeds.highway[highway] = speed
      profile.restricted_highway_whitelist[highway] = true
    end
    -- car.lua lets a question leave out tolls, motorways or ferries, at the price of a contraction for each. Nobody asks.
    profile.excludable = Sequence({})
    profile.properties.u_turn_penalty = rights.u_turn_s
    profile.properties.max_speed_for_map_matching = rights.max_speed_kmh / 3.6
    return profile
  end

  local function process_way(profile, way, result, relations)
    local highway = way:get_value_by_key("highway")
    if rights.refuses(way, highway) then
      return
    end
    car.process_way(profile, way, result, relations)
    hold_to(result, rights.speeds_kmh[highway] or rights.max_speed_kmh)
  end

  return {
    setup = setup,
    process_way = process_way,
    process_node = car.process_node,
    process_turn = car.process_turn,
  }
end

return over
