# shellcheck shell=bash
# Runs steps and collects their results.

# Several times as long as the longest step takes on 2 cores.
readonly STEP_S_MAX=900

quick=no
running=''
watching=''
prefetching=''
started=''
started_name=''
excluded=()
results=()
failures=0

start_steps() {
  trap stop_running EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# step NAME COMMAND…: runs a command and records its result. The other steps run even if it fails.
step() {
  local name=$1 start=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  "$@" &
  running=$!
  finish_job "$name" "$running" "$start"
  running=''
}

# finish_job NAME PID START [LOG]: waits for a job of this shell, prints its log, and records its result. Stops the job if it takes
# too long.
finish_job() {
  local result=passed
  stop_late_job "$2" &
  watching=$!
  if ! wait "$2"; then
    result=FAILED
    failures=$((failures + 1))
  fi
  stop_job "$watching"
  watching=''
  [[ -z "${4:-}" ]] || cat "$4"
  results+=("$(printf '%-8s  %4d s  %s' "$result" $((SECONDS - $3)) "$1")")
  printf '<== %s: %s in %d s\n' "$1" "$result" $((SECONDS - $3))
}

# slow_step NAME COMMAND…: a step that --quick excludes.
slow_step() {
  if [[ "$quick" == yes ]]; then
    exclude "$1" '--quick'
  else
    step "$@"
  fi
}

# start_slow_step NAME COMMAND…: starts a step that --quick excludes. It runs at low priority while the next steps run, until
# `finish_started` waits for it. Only one such step can run at a time.
start_slow_step() {
  if [[ "$quick" == yes ]]; then
    exclude "$1" '--quick'
    return
  fi
  started_name=$1
  (
    renice -n 19 "$BASHPID" >/dev/null
    "${@:2}"
  ) >"$OUTPUT/started.log" 2>&1 &
  started=$!
}

finish_started() {
  [[ -n "$started" ]] || return 0
  printf '\n==> %s\n' "$started_name"
  finish_job "$started_name" "$started" "$SECONDS" "$OUTPUT/started.log"
  started=''
}

# exclude NAME REASON: lists a step as deliberately excluded. A step that cannot run, for example because a tool is missing, is
# not excluded: it fails.
exclude() {
  excluded+=("$(printf '%-8s  %6s  %s: %s' excluded '' "$1" "$2")")
}

# stop_late_job PID
stop_late_job() {
  sleep "$STEP_S_MAX"
  echo "stopped after $STEP_S_MAX s"
  kill -TERM -- "-$1"
  sleep 10
  kill -KILL -- "-$1"
}

# stop_job PID
stop_job() {
  kill -TERM -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

stop_running() {
  local job
  for job in $watching $running $started $prefetching; do
    stop_job "$job"
  done
}

summary() {
  printf '\n==> summary, after %d s\n' "$SECONDS"
  printf '%s\n' "${results[@]}" "${excluded[@]}"
  if ((failures > 0)); then
    printf '%d of %d steps failed\n' "$failures" "${#results[@]}"
    exit 1
  fi
  printf 'all %d steps passed\n' "${#results[@]}"
}
