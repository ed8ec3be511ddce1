-- Puts messages into the delayed set.
-- KEYS[1]: the delayed set. ARGV[1], …: seconds until it is due, and member; one after the other.
-- Moments are by the clock of Redis alone, here and in promote_due.lua.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for i = 1, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], string.format('%.6f', now + ARGV[i]), ARGV[i + 1])
end
