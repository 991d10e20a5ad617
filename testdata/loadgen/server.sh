# Shared by cases: a stand-in server of timers; its address in $url.
start_server() {
	loadgen serve --engine timers --ttft 5 --gap 1 --listen 127.0.0.1:0 --port-file "$TMPDIR/port" --quiet "$@" >/dev/null &
	server=$!
	for _ in $(seq 100); do [ -s "$TMPDIR/port" ] && break; sleep 0.1; done
	url=http://127.0.0.1:$(cat "$TMPDIR/port")
}
stop_server() {
	kill "$server"
	wait "$server"
}
