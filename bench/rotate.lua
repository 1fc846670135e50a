-- wrk script: sends the requests of a file in turn, and tells the result on one line.
-- Arguments: the file (each request's length on a line, then the request), and where its counters start.

local COUNTER = string.rep("@", 12)
local requests, position, counted, counter = {}, 0, false, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read("*l")
    if not length then break end
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
  counter = tonumber(args[2])
  counted = requests[1]:find(COUNTER, 1, true) ~= nil
end

function request()
  position = position % #requests + 1
  if not counted then return requests[position] end
  counter = counter + 1
  local raw = requests[position]
  local from, to = raw:find(COUNTER, 1, true)
  return raw:sub(1, from - 1) .. string.format("%012d", counter) .. raw:sub(to + 1)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %.1f %.1f\n", summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
