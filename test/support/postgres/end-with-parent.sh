# Outlives the process at the other end of its standard input, which tells the id of the program that runs in the folder $1, one
# line each time it starts, and an empty line when it has ended. When that process is gone, however it went, the program is
# ended and the folder removed.
pid=""
while read -r line; do pid="$line"; done

# One that has ended stays as a zombie until the first process of the machine, its new parent, asks for it.
runs() {
  kill -0 "$pid" 2>/dev/null && ! grep -qs '^State:.*Z' "/proc/$pid/status"
}

if [ -n "$pid" ]; then
  # SIGQUIT is PostgreSQL's immediate shutdown: it takes its own processes along.
  kill -QUIT "$pid" 2>/dev/null
  tries=0
  while runs && [ "$tries" -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  if runs; then kill -KILL "$pid"; fi
fi

# A program that is just ending may still write into the folder.
tries=0
until rm -rf "$1" 2>/dev/null || [ "$tries" -ge 100 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
