-- The application of scripts/bench: 60% updates, 20% inserts, 20% deletes by key, a row a
-- transaction. For sysbench. Each thread writes a line for each of its transactions: when it was
-- due (seconds of CLOCK_MONOTONIC) and how long after that it was done (milliseconds), so that a
-- stall counts for all that had to wait behind it.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long tv_sec; long tv_nsec; } osc_time;
  int clock_gettime(int clock, osc_time* time);
  int usleep(unsigned microseconds);
]]

sysbench.cmdline.options = {
  rows = {"Rows that the table had", 2000000},
  table_name = {"Table", "users"},
  offered = {"Transactions a second of all threads, 0: as many as the server takes", 0},
  directory = {"For the lines, a file a thread", "."},
}

local time = ffi.new("osc_time")
local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.tv_sec) + tonumber(time.tv_nsec) / 1e9
end

function thread_init()
  drv = sysbench.sql.driver()
  con = drv:connect()
  number = 0
  out = io.open(sysbench.opt.directory .. "/" .. sysbench.tid, "w")
  due = now()
  flushed = due
end

local function write()
  local opt = sysbench.opt
  local random = sysbench.rand.uniform
  local kind, id = random(1, 100), random(1, opt.rows)
  if kind <= 60 then
    con:query(string.format(
      "UPDATE %s SET balance=balance+1, updated_at=NOW(3), name=CONCAT('n', %d) WHERE id=%d",
      opt.table_name, random(1, 1e9), id))
  elseif kind <= 80 then
    number = number + 1
    con:query(string.format(
      "INSERT INTO %s (email, name, note) VALUES ('x%d-%d-%d@l.io', 'new', 'z')",
      opt.table_name, sysbench.tid, number, random(1, 2e9)))
  else
    con:query(string.format("DELETE FROM %s WHERE id=%d", opt.table_name, id))
  end
end

function event()
  local offered = sysbench.opt.offered
  local start = now()
  if offered > 0 then
    -- The gaps are those of a Poisson process.
    due = due - math.log(1 - sysbench.rand.uniform_double()) * sysbench.opt.threads / offered
    if due > start then ffi.C.usleep((due - start) * 1e6) end
  else
    due = start
  end
  write()
  local done = now()
  out:write(string.format("%.4f %.2f\n", due, (done - due) * 1000))
  if done - flushed > 0.5 then
    out:flush()
    flushed = done
  end
end
