-- wrk … -s wrk.lua URL -- FILE START: sends the requests of FILE (method, path, token and body between tabs, one a
-- line), beginning with line START, and prints what came of it as one line of JSON.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  requests = {}
  at = tonumber(args[2])
  for line in io.lines(args[1]) do
    local method, path, token, body = line:match("^(%u+)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
    requests[#requests + 1] = wrk.format(method, path, headers, body)
  end
end

function request()
  local text = requests[at % #requests + 1]
  at = at + 1
  return text
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d,"next":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed,
    threads[1]:get("at")))
end
