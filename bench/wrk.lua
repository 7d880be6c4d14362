-- Load for one segment. Arguments: a file that returns { method, path, headers, cookies, length, limit, offset }, where cookies is a file of
-- Cookie values, one in each line. One of them: one request, built once. Several: they take turns. With a limit all ends after so many answers.
local ffi = require('ffi')
ffi.cdef('int getpid(void); int kill(int pid, int signal);')
local interrupt = 2
local made, at, answered, limit = {}, 0, 0, nil

function init(args)
  local spec = dofile(args[1])
  local body = spec.length > 0 and string.rep('x', spec.length) or nil
  spec.headers['Cookie'] = '@'
  local text = wrk.format(spec.method, spec.path, spec.headers, body)
  local _, at_sign = text:find('\nCookie: @', 1, true)
  local before, after = text:sub(1, at_sign - 1), text:sub(at_sign + 1)
  for cookie in io.lines(spec.cookies) do made[#made + 1] = before .. cookie .. after end
  at, limit = spec.offset, spec.limit
  if limit > 0 then
    response = function()
      answered = answered + 1
      -- As Ctrl+C does: a thread that stops leaves wrk asleep until its time is over.
      if answered == limit then ffi.C.kill(ffi.C.getpid(), interrupt) end
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
