-- Takes entries out of their lists and marks their effect keys as claimed, in one round trip.
-- KEYS[1], …: the lists, in the order in which they are emptied.
-- ARGV[1]: how many entries at most. ARGV[2]: seconds that a cache mark stays.
-- ARGV[3]: prefix of the cache marks. Their names are read from the lists, so that they cannot be
-- among KEYS; the hash tag in the prefix keeps them in the slot of KEYS.
-- ARGV[4]: a key that never exists.
-- Returns, for each entry: the number of its list, the entry, the cache mark that was there before
-- ('' for none). Returns the error of Redis if it refuses writes.
local limit, cache_mark_seconds, cache_mark_prefix = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local fetched = {}

-- A full Redis refuses dispatches and still hands out what it has: its empty lists would look as
-- if no job waited. An empty write changes nothing, and is refused like any other.
local refusal = redis.pcall('SETRANGE', ARGV[4], 0, '')
if type(refusal) == 'table' then
  -- The workers take jobs from PostgreSQL now, and none would empty these lists. Up to 1,000
  -- entries of each are dropped to free memory, and are dispatched again later. (A read-only
  -- Redis refuses this as well, and keeps them.)
  for list = 1, string.find(refusal.err, 'OOM') and #KEYS or 0 do
    redis.pcall('LTRIM', KEYS[list], 0, -1001)
  end
  return refusal
end

local function hand_out(list, entry)
  -- An entry is the job's id of 36 characters, ` @` and the stamp, and, if the effect key is
  -- another, a space and it. Without a stamp it is from a version that wrote none.
  local job_id, rest = string.sub(entry, 1, 36), string.sub(entry, 37)
  rest = string.match(rest, '^ @%d+(.*)$') or rest
  local effect_key = #rest > 1 and string.sub(rest, 2) or job_id
  local key, mark = cache_mark_prefix .. effect_key, 'claimed:' .. job_id
  local former = redis.pcall('SET', key, mark, 'NX', 'GET', 'EX', cache_mark_seconds)
  if type(former) == 'table' then  -- what lies there is no cache mark
    former = ''
    redis.call('SET', key, mark, 'EX', cache_mark_seconds)
  end
  local n = #fetched
  fetched[n + 1], fetched[n + 2], fetched[n + 3] = list, entry, former or ''
  limit = limit - 1
end

local numbers = {}
for number, key in ipairs(KEYS) do
  numbers[key] = number
end

-- LMPOP takes from the first list that holds something: empty lists cost nothing.
local lmpop = { 'LMPOP', #KEYS, unpack(KEYS) }
local last = #lmpop
lmpop[last + 1], lmpop[last + 2] = 'RIGHT', 'COUNT'
while limit > 0 do
  lmpop[last + 3] = limit
  local popped = redis.pcall(unpack(lmpop))
  if popped and popped.err and #fetched == 0 then
    return popped
  end
  -- After an error what has been taken is handed out; the next fetch meets the error again.
  if not popped or popped.err then
    break
  end
  for _, entry in ipairs(popped[2]) do
    hand_out(numbers[popped[1]], entry)
  end
end
return fetched
