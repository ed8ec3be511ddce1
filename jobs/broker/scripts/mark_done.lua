-- Sets cache marks that say done. ARGV[1]: seconds to keep them. ARGV[2]: their prefix.
-- ARGV[3], …: effect key and job id, one after the other. KEYS[1]: any key of the slot.
for i = 3, #ARGV, 2 do
  redis.call('SET', ARGV[2] .. ARGV[i], 'done:' .. ARGV[i + 1], 'EX', ARGV[1])
end
