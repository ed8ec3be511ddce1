-- Sets cache marks that say which job has done an effect.
-- KEYS[1]: any key of the slot in which the cache marks are.
-- ARGV[1]: seconds that a cache mark stays. ARGV[2]: prefix of the cache marks.
-- ARGV[3], …: effect key, and id of the job; one after the other.
for i = 3, #ARGV, 2 do
  redis.call('SET', ARGV[2] .. ARGV[i], 'done:' .. ARGV[i + 1], 'EX', ARGV[1])
end
