-- Takes entries out of their lists and marks the effect keys as claimed that other jobs can have, in
-- one round trip.
-- KEYS[1], …: the lists, in the order in which they are tried; one may come more than once.
-- ARGV[1]: how many entries at most. ARGV[2]: seconds that a cache mark stays.
-- ARGV[3]: prefix of the cache marks. Their names are read from the lists, so that they cannot be
-- among KEYS; the hash tag in the prefix keeps them in the slot of KEYS.
-- ARGV[4]: a key that never exists, to ask whether Redis takes dispatches; '' to leave that out.
-- ARGV[5], …: for each portion, how many entries at most, and its number of steps; for each of these,
-- how many entries at most, and how many of the lists are its own.
-- Returns, for each entry: the number of its list, the entry, the cache mark that was there before
-- ('' for none). Returns the error of Redis if it refuses writes.
local limit, cache_mark_seconds, cache_mark_prefix = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local fetched = {}

-- A full Redis, or a replica, refuses dispatches and still hands out what it has: its empty lists
-- would look as if no job waited. An empty write changes nothing, and is refused like any other.
if ARGV[4] ~= '' then
  redis.call('SETRANGE', ARGV[4], 0, '')
  -- A user of Redis may lack the right to what a dispatch does: its empty lists look alike.
  for _, command in ipairs({{'TIME'}, {'EXISTS', ARGV[4]}, {'LPUSH', ARGV[4], ''}}) do
    if not redis.acl_check_cmd(unpack(command)) then
      return redis.error_reply('NOPERM no right to the command ' .. command[1] .. ', so nothing can be dispatched')
    end
  end
end

local function effect_key_of(entry)
  -- An entry is the job's id of 36 characters, ` @` and the stamp, and, if other jobs can have its
  -- effect key, a space and that. Without a stamp it is from a version that wrote none.
  local rest = string.sub(entry, 37)
  rest = string.match(rest, '^ @%d+(.*)$') or rest
  return string.sub(rest, 2)
end

local function mark_claimed(effect_key, job_id)
  local key, mark = cache_mark_prefix .. effect_key, 'claimed:' .. job_id
  local former = redis.pcall('SET', key, mark, 'NX', 'GET', 'EX', cache_mark_seconds)
  if type(former) == 'table' then  -- what lies there is no cache mark
    former = ''
    redis.call('SET', key, mark, 'EX', cache_mark_seconds)
  end
  return former or ''
end

local function hand_out(list, entry)
  local effect_key, mark = effect_key_of(entry), ''
  if effect_key ~= '' then
    mark = mark_claimed(effect_key, string.sub(entry, 1, 36))
  end
  local n = #fetched
  fetched[n + 1], fetched[n + 2], fetched[n + 3] = list, entry, mark
  limit = limit - 1
end

local numbers = {}
for number, key in ipairs(KEYS) do
  numbers[key] = number
end

-- Lua passes a few thousand arguments to a command at most, and there may be more lists.
local LISTS = 1000

-- Takes from the lists number `first` to `last`, in their order; returns how many entries it took.
-- LMPOP takes from the first list that holds something: empty lists cost nothing.
local failure
local function take_of_piece(first, last, most)
  local lmpop = { 'LMPOP', last - first + 1, unpack(KEYS, first, last) }
  local count = #lmpop + 3
  lmpop[count - 2], lmpop[count - 1] = 'RIGHT', 'COUNT'
  local left = most
  while left > 0 do
    lmpop[count] = left
    local popped = redis.pcall(unpack(lmpop))
    failure = popped and popped.err and popped
    if failure or not popped then
      break
    end
    for _, entry in ipairs(popped[2]) do
      hand_out(numbers[popped[1]], entry)
    end
    left = left - #popped[2]
  end
  return most - left
end

local function take(first, last, most)
  local taken = 0
  for from = first, last, LISTS do
    if taken < most and not failure then
      taken = taken + take_of_piece(from, math.min(from + LISTS - 1, last), most - taken)
    end
  end
  return taken
end

local argument, first = 5, 1

local function next_number()
  argument = argument + 1
  return tonumber(ARGV[argument - 1])
end

while argument < #ARGV and not failure do
  local of_portion, steps = math.min(limit, next_number()), next_number()
  for _ = 1, steps do
    local most, last = math.min(of_portion, next_number()), first + next_number() - 1
    of_portion = of_portion - take(first, last, most)
    first = last + 1
    if failure then
      break
    end
  end
end
-- After an error what has been taken is handed out; the next fetch meets the error again.
return failure and #fetched == 0 and failure or fetched
