-- Notes that somebody watches jobs.
-- KEYS[1]: the watched jobs, each with the moment up to which somebody does, in seconds since 1970.
-- ARGV[1]: for how many seconds from now. ARGV[2], …: the ids of the jobs.
-- The key goes when nobody watches any more, so that one EXISTS says so.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.6f', now))
local till = string.format('%.6f', now + ARGV[1])
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], 'GT', till, ARGV[i])
end
local milliseconds = math.ceil(ARGV[1] * 1000)
if redis.call('PTTL', KEYS[1]) < milliseconds then
  redis.call('PEXPIRE', KEYS[1], milliseconds)
end
