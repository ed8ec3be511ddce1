-- Drops entries to free memory: of each list those that would come out next, which are the first to
-- be missed and dispatched again, and of the delayed set those that are due last.
-- KEYS[1]: the delayed set. KEYS[2], …: the lists. ARGV[1]: how many of each.
for i = 2, #KEYS do
  redis.pcall('LTRIM', KEYS[i], 0, -1 - ARGV[1])
end
redis.pcall('ZREMRANGEBYRANK', KEYS[1], -ARGV[1], -1)
