-- SERVERS="HOST:PORT …" wrk … -s wrk.lua URL -- FILE START: sends the requests of FILE (method, path, token and body between
-- tabs, one a line), beginning with line START, and prints what came of it as one line of JSON. Each thread has a server.
local threads = {}
local servers = {}
for host, port in os.getenv("SERVERS"):gmatch("(%S+):(%d+)") do
  servers[#servers + 1] = { host = host, port = port }
end

function setup(thread)
  local server = servers[#threads % #servers + 1]
  thread.addr = wrk.lookup(server.host, server.port)[1]
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  requests = {}
  for line in io.lines(args[1]) do
    local method, path, token, body = line:match("^(%u+)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
  unique = requests[1]:find("@unique@", 1, true) ~= nil
  sent = tonumber(args[2])
  -- The threads begin at places apart.
  offset = number * math.floor(#requests / #servers)
end

function request()
  local text = requests[(offset + sent) % #requests + 1]
  sent = sent + 1
  if unique then return (text:gsub("@unique@", number .. "-" .. sent, 1)) end
  return text
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  local next = 0
  for _, thread in ipairs(threads) do next = math.max(next, thread:get("sent")) end
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d,"next":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed, next))
end
