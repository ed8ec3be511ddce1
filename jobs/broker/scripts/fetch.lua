-- Takes up to ARGV[1] messages and marks their effect keys as claimed for ARGV[2] seconds.
-- KEYS: the lists, most urgent first. ARGV[3]: prefix of the marks (their names come out of
-- the lists; the shared hash tag keeps them in the slot of KEYS).
-- ARGV[4], ARGV[5]: a message popped before, and the number of its list; or absent.
-- Returns list number, message and former mark, one after the other.
local limit, ttl, seen = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local out = {}

local function hand_out(list, message)
  local id = string.sub(message, 1, 36)
  local key = #message > 37 and string.sub(message, 38) or id
  local mark = redis.call('SET', seen .. key, 'claimed:' .. id, 'NX', 'GET', 'EX', ttl)
  local n = #out
  out[n + 1], out[n + 2], out[n + 3] = list, message, mark or ''
  limit = limit - 1
end

if ARGV[4] then
  hand_out(tonumber(ARGV[5]), ARGV[4])
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
