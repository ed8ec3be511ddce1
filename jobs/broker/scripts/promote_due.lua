-- Moves delayed messages that are due to their lists, each with the moment at which it was due as
-- its stamp.
-- KEYS[1]: the delayed set. ARGV[1]: how many messages at most. ARGV[2]: prefix of the lists.
-- A member is `<queue>:<priority>:<message>`. The hash tag in the prefix keeps the lists in the
-- slot of KEYS.
-- Returns how many were due, and the keys of lists that are none; their messages stay delayed.
local time = redis.call('TIME')
local now = string.format('%.6f', time[1] + time[2] / 1000000)
local due = redis.call(
  'ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1]
)
local reply = { #due / 2 }
for i = 1, #due, 2 do
  local member, score = due[i], due[i + 1]
  redis.call('ZREM', KEYS[1], member)
  local list, message = string.match(member, '^([^:]+:%d+):(.+)$')
  if list then
    local stamp = string.format(' @%.0f', math.floor(score * 1000))
    local entry = string.sub(message, 1, 36) .. stamp .. string.sub(message, 37)
    local pushed = redis.pcall('LPUSH', ARGV[2] .. list, entry)
    if type(pushed) == 'table' then
      redis.call('ZADD', KEYS[1], score, member)
      reply[#reply + 1] = ARGV[2] .. list
    end
  end
end
return reply
