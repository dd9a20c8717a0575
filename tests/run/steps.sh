# shellcheck shell=bash
# Runs steps and collects their results.

quick=no
running=''
prefetching=''
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
  local name=$1 start=$SECONDS result=passed
  shift
  printf '\n==> %s\n' "$name"
  "$@" &
  running=$!
  if ! wait "$running"; then
    result=FAILED
    failures=$((failures + 1))
  fi
  running=''
  results+=("$(printf '%-8s  %4d s  %s' "$result" $((SECONDS - start)) "$name")")
  printf '<== %s: %s in %d s\n' "$name" "$result" $((SECONDS - start))
}

# slow_step NAME COMMAND…: a step that --quick excludes.
slow_step() {
  if [[ "$quick" == yes ]]; then
    exclude "$1" '--quick'
  else
    step "$@"
  fi
}

# exclude NAME REASON: lists a step as deliberately excluded. A step that cannot run, for example because a tool is missing, is
# not excluded: it fails.
exclude() {
  excluded+=("$(printf '%-8s  %6s  %s: %s' excluded '' "$1" "$2")")
}

stop_running() {
  local job
  for job in $running $prefetching; do
    kill -TERM -- "-$job" 2>/dev/null || true
    wait "$job" 2>/dev/null || true
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
