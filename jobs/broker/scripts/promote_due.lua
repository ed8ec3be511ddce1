-- Moves delayed messages that are due to their lists, each with the moment at which it was due as
-- its stamp; returns how many.
-- KEYS[1]: the delayed set. ARGV[1]: how many messages at most. ARGV[2]: prefix of the lists.
-- A member is `<queue>:<priority>:<message>`. The hash tag in the prefix keeps the lists in the
-- slot of KEYS.
local time = redis.call('TIME')
local now = string.format('%.6f', time[1] + time[2] / 1000000)
local due = redis.call(
  'ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1]
)
for i = 1, #due, 2 do
  local list, message = string.match(due[i], '^([^:]+:%d+):(.+)$')
  local stamp = string.format(' @%.0f', math.floor(due[i + 1] * 1000))
  redis.call('ZREM', KEYS[1], due[i])
  redis.call(
    'LPUSH', ARGV[2] .. list, string.sub(message, 1, 36) .. stamp .. string.sub(message, 37)
  )
end
return #due / 2
