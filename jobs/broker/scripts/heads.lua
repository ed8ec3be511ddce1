-- Reads the next entry to come out of each list.
-- KEYS[1], …: the lists.
-- Returns the milliseconds since 1970, and for each list: the entry, 0 if the list is empty, or 1
-- if it cannot be read. Returns the milliseconds alone if all lists are empty.
local time = redis.call('TIME')
local heads = { time[1] * 1000 + math.floor(time[2] / 1000) }
-- In pieces: Lua passes a few thousand arguments to a command at most.
local is_any = false
for i = 1, #KEYS, 1000 do
  is_any = is_any or redis.call('EXISTS', unpack(KEYS, i, math.min(i + 999, #KEYS))) > 0
end
if is_any then
  for _, key in ipairs(KEYS) do
    local head = redis.pcall('LINDEX', key, -1)
    if type(head) == 'table' then
      head = 1
    end
    heads[#heads + 1] = head or 0
  end
end
return heads
