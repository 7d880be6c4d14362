-- Load for one segment. Arguments: a file that returns { method, path, headers, cookies, length, limit, offset }.
-- One cookie: one request, built once. Several: they take turns. With a limit the thread stops after so many answers.
local made, at, answered, limit = {}, 0, 0, nil

function init(args)
  local spec = dofile(args[1])
  local body = spec.length > 0 and string.rep('x', spec.length) or nil
  for i, cookie in ipairs(spec.cookies) do
    spec.headers['Cookie'] = cookie
    made[i] = wrk.format(spec.method, spec.path, spec.headers, body)
  end
  at, limit = spec.offset, spec.limit
  if limit > 0 then
    response = function()
      answered = answered + 1
      if answered >= limit then wrk.thread:stop() end
    end
  end
end

function request()
  at = at % #made + 1
  return made[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%f,"bytes":%d,"p50":%f,"p99":%f,"errors":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
