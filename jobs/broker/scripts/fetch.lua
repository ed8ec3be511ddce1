-- Takes up to ARGV[1] messages and marks their effect keys as claimed for ARGV[2] seconds.
-- KEYS: the lists, most urgent first. ARGV[3]: prefix of the cache marks (their names come out of
-- the lists; the shared hash tag keeps them in the slot of KEYS). ARGV[4]: a key that never exists.
-- Returns list number, message and former mark, one after the other.
local limit, ttl, mark_prefix = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local out = {}

-- A full Redis refuses what is dispatched and still hands out what it has, so that its empty lists
-- would look like no work at all. An empty write changes nothing, and is refused as well.
local refusal = redis.pcall('SETRANGE', ARGV[4], 0, '')
if type(refusal) == 'table' then
  -- Work goes on from PostgreSQL, and no worker would come for what fills the lists: it makes
  -- room instead, and is dispatched again later. (A read-only Redis refuses this, too.)
  for list = 1, #KEYS do
    redis.call('LTRIM', KEYS[list], 0, -1001)
  end
  return refusal
end

local function hand_out(list, message)
  local id = string.sub(message, 1, 36)
  local key = #message > 37 and string.sub(message, 38) or id
  local mark = redis.call('SET', mark_prefix .. key, 'claimed:' .. id, 'NX', 'GET', 'EX', ttl)
  local n = #out
  out[n + 1], out[n + 2], out[n + 3] = list, message, mark or ''
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
return out
