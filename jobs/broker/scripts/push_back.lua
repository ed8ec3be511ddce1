-- Returns entries to the head of their lists.
-- KEYS[1], …: the lists.
-- ARGV, three for each entry, the one that is to come out last first: the number of its list; how
-- many milliseconds ago it was dispatched, or '' for an entry as it was fetched; the entry.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The age is that of the row, which may have been dispatched again since. If this entry had a later
-- stamp than the one behind it, what lies there would be taken for lost. What is behind an entry
-- without a stamp is unknown, and remains so.
local function stamped(message, age, behind)
  local stamp = now - age
  if behind then
    local stamp_behind = tonumber(string.match(behind, '^ @(%d+)', 37))
    if not stamp_behind then
      return message
    end
    stamp = math.min(stamp, stamp_behind)
  end
  return string.sub(message, 1, 36) .. string.format(' @%.0f', stamp) .. string.sub(message, 37)
end

for i = 1, #ARGV, 3 do
  local key, age, entry = KEYS[tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2]
  if age ~= '' then
    entry = stamped(entry, age, redis.call('LINDEX', key, -1))
  end
  redis.call('RPUSH', key, entry)
end
