-- Takes messages out of their lists and marks their effect keys as claimed, in one round trip.
-- KEYS[1], …: the lists, most urgent first.
-- ARGV[1]: how many messages at most. ARGV[2]: seconds that a cache mark stays.
-- ARGV[3]: prefix of the cache marks. Their names are read from the lists, so that they cannot be
-- among KEYS; the hash tag in the prefix keeps them in the slot of KEYS.
-- ARGV[4]: a key that never exists.
-- Returns, for each message: the number of its list, the message, the cache mark that was there
-- before ('' for none). Returns the error of Redis if it refuses writes.
local limit, cache_mark_seconds, cache_mark_prefix = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local fetched = {}

-- A full Redis refuses dispatches and still hands out what it has: its empty lists would look as
-- if no job waited. An empty write changes nothing, and is refused like any other.
local refusal = redis.pcall('SETRANGE', ARGV[4], 0, '')
if type(refusal) == 'table' then
  -- The workers take jobs from PostgreSQL now, and none would empty these lists. Up to 1,000
  -- messages of each are dropped to free memory, and are dispatched again later. (A read-only
  -- Redis refuses this as well, and keeps them.)
  for list = 1, #KEYS do
    redis.call('LTRIM', KEYS[list], 0, -1001)
  end
  return refusal
end

local function hand_out(list, message)
  -- A message is the job's id of 36 characters and, if the effect key is another, a space and it.
  local job_id = string.sub(message, 1, 36)
  local effect_key = #message > 37 and string.sub(message, 38) or job_id
  local former = redis.call(
    'SET', cache_mark_prefix .. effect_key, 'claimed:' .. job_id,
    'NX', 'GET', 'EX', cache_mark_seconds
  )
  local n = #fetched
  fetched[n + 1], fetched[n + 2], fetched[n + 3] = list, message, former or ''
  limit = limit - 1
end

for list = 1, #KEYS do
  if limit <= 0 then
    break
  end
  local messages = redis.call('RPOP', KEYS[list], limit)
  if messages then
    for _, message in ipairs(messages) do
      hand_out(list, message)
    end
  end
end
return fetched
