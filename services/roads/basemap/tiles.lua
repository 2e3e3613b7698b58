-- Our own small part of the OpenMapTiles schema (openmaptiles.org/schema): what a quiet map under circuits needs.

local function set(words)
	local found = {}
	for word in words:gmatch("%S+") do found[word] = true end
	return found
end

local ROADS = {
	motorway = "motorway", motorway_link = "motorway", trunk = "trunk", trunk_link = "trunk",
	primary = "primary", primary_link = "primary", secondary = "secondary", secondary_link = "secondary",
	tertiary = "tertiary", tertiary_link = "tertiary", unclassified = "minor", residential = "minor",
	living_street = "minor", road = "minor", service = "service", track = "track", pedestrian = "path",
	footway = "path", path = "path", steps = "path", cycleway = "path", bridleway = "path",
}
local ROAD_ZOOM = {
	motorway = 8, trunk = 8, primary = 9, secondary = 10, tertiary = 11, minor = 12, service = 13, track = 13, path = 14,
}
local NAME_ZOOM = { motorway = 11, trunk = 11, primary = 12, secondary = 12, tertiary = 13 }
local PLACES = {
	country = 0, state = 8, city = 8, town = 8, suburb = 11, village = 10, quarter = 12, neighbourhood = 13, hamlet = 12,
}
local LANDCOVER = {
	wood = "wood", forest = "wood", scrub = "wood", grass = "grass", grassland = "grass", meadow = "grass", heath = "grass",
	village_green = "grass", recreation_ground = "grass", farmland = "farmland", orchard = "farmland",
	vineyard = "farmland", beach = "sand", sand = "sand", wetland = "wetland", mangrove = "wetland",
	park = "grass", garden = "grass", golf_course = "grass", cemetery = "grass", allotments = "farmland",
}
local LANDUSE = {
	residential = "residential", industrial = "industrial", commercial = "commercial", retail = "commercial",
	railway = "industrial", port = "industrial", military = "industrial", marketplace = "market", school = "school",
	university = "school", college = "school", hospital = "hospital", stadium = "pitch", pitch = "pitch",
	sports_centre = "pitch", landfill = "industrial", quarry = "industrial",
}
local LARGE_M2 = 20000 -- smaller water has no name on the map: fountains would fill an old town
local LINES_OF_WATER = set("river canal stream drain ditch")

node_keys = { "place" }

function init_function() end
function exit_function() end

-- The name people here use, and the French one where it is another.
local function name(object)
	object:Attribute("name", object:Find("name"))
	local french = object:Find("name:fr")
	if french ~= "" then object:Attribute("name:fr", french) end
end

function node_function(node)
	local zoom = PLACES[node:Find("place")]
	if zoom and node:Find("name") ~= "" then
		node:Layer("place", false)
		node:Attribute("class", node:Find("place"))
		node:MinZoom(zoom)
		name(node)
	end
end

local function draw_water(way)
	local kind = way:Find("water")
	local class = "lake"
	if kind == "sea" then class = "ocean"
	elseif kind == "river" or kind == "canal" or way:Find("waterway") == "riverbank" then class = "river" end
	way:Layer("water", true)
	way:Attribute("class", class)
	if way:Find("name") ~= "" and way:Area() > LARGE_M2 and class ~= "river" then
		way:LayerAsCentroid("water_name")
		way:Attribute("class", class)
		name(way)
	end
end

local function draw_road(way, highway)
	local class = ROADS[highway]
	if not class then return end
	way:Layer("transportation", false)
	way:Attribute("class", class)
	way:MinZoom(ROAD_ZOOM[class])
	if way:Find("bridge") ~= "" and way:Find("bridge") ~= "no" then way:Attribute("brunnel", "bridge")
	elseif way:Find("tunnel") ~= "" and way:Find("tunnel") ~= "no" then way:Attribute("brunnel", "tunnel") end
	if way:Find("name") ~= "" then
		way:Layer("transportation_name", false)
		way:Attribute("class", class)
		way:MinZoom(NAME_ZOOM[class] or 14)
		name(way)
	end
end

local function draw_land(way)
	local landuse, natural, leisure = way:Find("landuse"), way:Find("natural"), way:Find("leisure")
	local cover = LANDCOVER[natural] or LANDCOVER[landuse] or LANDCOVER[leisure]
	local use = LANDUSE[way:Find("amenity")] or LANDUSE[landuse] or LANDUSE[leisure]
	if cover then
		way:Layer("landcover", true)
		way:Attribute("class", cover)
	elseif use then
		way:Layer("landuse", true)
		way:Attribute("class", use)
	end
	if leisure == "park" and way:Find("name") ~= "" then
		way:LayerAsCentroid("park_name")
		name(way)
	end
end

function way_function(way)
	local highway, waterway, natural = way:Find("highway"), way:Find("waterway"), way:Find("natural")
	if natural == "water" or waterway == "riverbank" or way:Find("landuse") == "reservoir" then
		if way:IsClosed() then draw_water(way) end
		return
	end
	if highway ~= "" and way:Find("area") ~= "yes" then draw_road(way, highway) end
	if LINES_OF_WATER[waterway] and way:Find("tunnel") == "" then
		way:Layer("waterway", false)
		way:Attribute("class", waterway)
		if waterway ~= "river" and waterway ~= "canal" then way:MinZoom(13) end
		name(way)
	end
	if way:Find("railway") == "rail" and way:Find("tunnel") == "" then
		way:Layer("transportation", false)
		way:Attribute("class", "rail")
		way:MinZoom(11)
	end
	if way:Find("boundary") == "administrative" and way:Find("maritime") ~= "yes" then
		local level = tonumber(way:Find("admin_level")) or 11
		if level <= 8 then
			way:Layer("boundary", false)
			way:AttributeNumeric("admin_level", level)
		end
	end
	if not way:IsClosed() then return end
	if way:Find("building") ~= "" and way:Find("building") ~= "no" then
		way:Layer("building", true)
	else
		draw_land(way)
	end
end
