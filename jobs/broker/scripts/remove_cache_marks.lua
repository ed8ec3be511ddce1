-- Removes a part of the cache marks, to free memory.
-- KEYS[1]: any key of the slot in which they are. ARGV[1]: where the last call ended, 0 at first.
-- ARGV[2]: pattern of their names.
-- Returns where the next call goes on, 0 once all keys have been seen; and how many it removed.
-- It looks at some 10,000 keys, so that nobody waits for it longer than a few milliseconds.
local cursor, removed = ARGV[1], 0
for _ = 1, 10 do
  local found = redis.call('SCAN', cursor, 'MATCH', ARGV[2], 'COUNT', 1000)
  cursor = found[1]
  for i = 1, #found[2], 1000 do
    removed = removed + redis.call('UNLINK', unpack(found[2], i, math.min(i + 999, #found[2])))
  end
  if cursor == '0' then
    break
  end
end
return { cursor, removed }
