-- Puts messages at the end of their lists, each with the stamp of its dispatch behind the id.
-- KEYS[1]: the delayed set. KEYS[2], …: the lists, one for each group of messages.
-- ARGV[1]: how many milliseconds ago the messages were dispatched. ARGV[2]: '1' takes them out of
-- the delayed set. ARGV[3]: prefix of the lists. ARGV[4], …: for each group the number of its
-- messages, and the messages.
-- Stamps are by the clock of Redis alone, so that no two clocks are compared.
local time = redis.call('TIME')
local stamp = string.format(' @%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1])
local is_any_delayed = ARGV[2] == '1' and redis.call('EXISTS', KEYS[1]) == 1

-- In pieces: Lua passes a few thousand arguments to a command at most.
local function call_with_each(command, key, values)
  for i = 1, #values, 1000 do
    redis.call(command, key, unpack(values, i, math.min(i + 999, #values)))
  end
end

local at = 4
for group = 2, #KEYS do
  -- A member of the delayed set is `<queue>:<priority>:<message>`; so the key of a list ends.
  local list = string.sub(KEYS[group], #ARGV[3] + 1)
  local count, entries, members = tonumber(ARGV[at]), {}, {}
  for i = 1, count do
    local message = ARGV[at + i]
    entries[i] = string.sub(message, 1, 36) .. stamp .. string.sub(message, 37)
    if is_any_delayed then
      members[i] = list .. ':' .. message
    end
  end
  call_with_each('LPUSH', KEYS[group], entries)
  call_with_each('ZREM', KEYS[1], members)
  at = at + count + 1
end
