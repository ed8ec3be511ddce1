-- Moves delayed messages that are due to their lists; returns how many.
-- KEYS[1]: the delayed set. ARGV[1]: how many messages at most. ARGV[2]: prefix of the lists.
-- A member is `<queue>:<priority>:<message>`. The hash tag in the prefix keeps the lists in the
-- slot of KEYS.
local time = redis.call('TIME')
local now = string.format('%.6f', time[1] + time[2] / 1000000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, member in ipairs(due) do
  local list, message = string.match(member, '^([^:]+:%d+):(.+)$')
  redis.call('ZREM', KEYS[1], member)
  redis.call('LPUSH', ARGV[2] .. list, message)
end
return #due
