# shellcheck shell=bash
# Load test and attack against the optimized build.

readonly SERVER_START_S_MAX=10

load_test() {
  start_server load
  "${on_client_core[@]}" "$TICKCAST_BIN" bots --url "ws://$address/ws" --count 500 --seconds 10 --behaviour wander \
    --json "$OUTPUT/load.json" \
    --require 'delivered>=0.99' --require 'decode_errors==0' --require 'desyncs==0'
  stop_server
}

# The attackers must not affect the honest bots. After the attack, the server must have no sessions left.
attack_test() {
  start_server attack
  run_attack "$OUTPUT/attack.json" --honest 200 --hostile 80 --seconds 6 \
    --kinds flood,garbage,half-frames,slow-handshake,never-read,huge-lengths,churn,resets \
    --require 'attacked.delivered>=0.99' --require 'attacked.newcomers.failed==0' --require 'attacked.disconnects==0' \
    --require 'attacked.decode_errors==0' --require 'attacked.desyncs==0' --require 'hostile.ended>=100'
  stop_server
}

# Attacks with one kind of hostile clients at a time, for two seconds each. All hostile clients have the address 127.0.0.2, because
# 127.0.0.1 is exempt from the limits per client. The honest bots play in the same room, each with its own address.
attack_each_kind_test() {
  local kind kinds=(churn pings viewports spectators gets malformed_http event_streams lost_seats rooms) require=()
  for kind in "${kinds[@]}"; do
    require+=(--require "each_kind.$kind.attacked.newcomers.failed==0")
    require+=(--require "each_kind.$kind.attacked.delivered>=0.99")
  done
  start_server attack-each-kind
  run_attack "$OUTPUT/attack-each-kind.json" --honest 50 --honest-addresses 50 --hostile 40 --seconds 2 --room arena --each-kind \
    --kinds churn,pings,viewports,spectators,gets,malformed-http,event-streams,lost-seats,rooms "${require[@]}" \
    --require 'each_kind.*.attacked.disconnects==0' --require 'each_kind.*.attacked.decode_errors==0' \
    --require 'each_kind.*.attacked.desyncs==0' --require 'each_kind.churn.hostile.kinds.churn.joins>=20' \
    --require 'each_kind.lost_seats.hostile.kinds.lost_seats.joins>=1' \
    --require 'each_kind.rooms.hostile.kinds.rooms.responses.201>=1'
  stop_server
}

# run_attack JSON FLAGS...: attacks the started server. In every attack, the server must not panic, and must end all sessions.
run_attack() {
  "${on_client_core[@]}" "$TICKCAST_BIN" attack --url "ws://$address/ws" --metrics "$metrics" --json "$1" --ramp 200 \
    --connects 150 --require 'server.panics==0' --require 'server.sessions_after==0' "${@:2}"
}

# start_server NAME: starts the server on the first core. Sets `on_client_core`, the prefix of a command that starts a client on
# the last core. Also sets `address` and `metrics`.
start_server() {
  need_program
  local cores line log=$OUTPUT/$1-server.log on_server_core=()
  on_client_core=()
  if command -v taskset >/dev/null; then
    mapfile -t cores < <(usable_cores)
    on_server_core=(taskset -c "${cores[0]}")
    on_client_core=(taskset -c "${cores[-1]}")
  else
    echo 'taskset not found: server and clients share all cores'
  fi

  rm -rf "$OUTPUT/$1-data"
  exec 3< <(exec "${on_server_core[@]}" "$TICKCAST_BIN" serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 \
    --data-dir "$OUTPUT/$1-data" 2>"$log")
  server=$!
  # shellcheck disable=SC2064 # $server is expanded now, on purpose.
  trap "kill -TERM $server 2>/dev/null" EXIT
  if ! read -r -t "$SERVER_START_S_MAX" line <&3; then
    echo 'the server has not started:' >&2
    cat "$log" >&2
    exit 1
  fi
  address=${line##*http://}
  metrics=$(sed -n 's|.*metrics at http://\(.*\)/metrics.*|\1|p' "$log")
}

# Stops the server, and fails if its exit status is not 0.
stop_server() {
  kill -TERM "$server"
  wait "$server"
  trap - EXIT
}

usable_cores() {
  local first last
  taskset -pc "$BASHPID" | sed 's/.*: *//' | tr ',' '\n' | while IFS=- read -r first last; do
    seq "$first" "${last:-$first}"
  done
}
