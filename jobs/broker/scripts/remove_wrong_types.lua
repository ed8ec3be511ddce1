-- Removes keys whose type is not the one that they should have; returns their names.
-- KEYS[1], …: the keys. ARGV[1], …: the type of each.
local removed = {}
for i, key in ipairs(KEYS) do
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= ARGV[i] then
    redis.call('UNLINK', key)
    removed[#removed + 1] = key
  end
end
return removed
