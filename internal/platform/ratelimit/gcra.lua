-- KEYS[1] holds the theoretical arrival time in microseconds of Redis' own clock.
-- ARGV: interval between calls in microseconds, calls allowed at once.
-- Answers {microseconds to wait (0: allowed), microseconds the arrival time is ahead of now}.
local interval = tonumber(ARGV[1])
local burst = interval * tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local arrival = tonumber(redis.call('GET', KEYS[1]) or now)
if arrival < now then arrival = now end
local ahead = arrival + interval - now
if ahead > burst then
  return {ahead - burst, arrival - now}
end
redis.call('SET', KEYS[1], string.format('%d', arrival + interval), 'PX', math.ceil(ahead / 1000))
return {0, ahead}
