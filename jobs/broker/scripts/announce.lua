-- Publishes which of these jobs, if somebody watches them, have changed, and which are final.
-- KEYS[1]: the watched jobs. ARGV[1]: the channel. ARGV[2]: how many of the ids are final ones.
-- ARGV[3], …: ids, the final ones first.
-- Returns the error of PUBLISH, which a user of Redis may not be allowed; else nothing.
local final, changed = { 'final' }, { 'changed' }
for i = 3, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    if i - 2 <= tonumber(ARGV[2]) then
      final[#final + 1] = ARGV[i]
      redis.call('ZREM', KEYS[1], ARGV[i])
    else
      changed[#changed + 1] = ARGV[i]
    end
  end
end
for _, told in ipairs({ final, changed }) do
  if #told > 1 then
    local published = redis.pcall('PUBLISH', ARGV[1], table.concat(told, ' '))
    if type(published) == 'table' and published.err then
      return published.err
    end
  end
end
