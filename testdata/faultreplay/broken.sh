# Sourced by the cases of scripts/lab/check-incidents: a copy of the small set, broken in one way after the other.
top=$(cd ../../.. && pwd)
bin=$(dirname "$(command -v schemavalidate)")
command -v jq >/dev/null || { echo "SKIP: jq is not installed"; exit 77; }
cpu=host-chat-cpu_throttle.s4-12
both=host-chat-cpu_throttle.s4+retrieval_slowdown.s4-22
fine=host-chat-healthy.steady-14

# broken SENTENCE CMD…: what is said of a copy after CMD has run in it.
broken() {
	echo "- $1"
	shift
	rm -rf "$TMPDIR/set"
	cp -r ../set "$TMPDIR/set"
	(cd "$TMPDIR/set" && "$@") || echo "the set could not be broken"
	"$top/scripts/lab/check-incidents" --bin "$bin" "$TMPDIR/set" >"$TMPDIR/said" 2>&1
	echo "  exit status $?"
	sed -n "s|$TMPDIR/||;s/^violation: /  /p" "$TMPDIR/said"
}
edit() { jq -cS "$1" manifest.jsonl >m && mv m manifest.jsonl; }
of() { edit "if .id == \"$1\" then $2 else . end"; }
repack() { zcat "$1" | sed "$2" | gzip -n >p && mv p "$1" && of "${1%%/*}" ".sha256.$(basename "$1" .ndjson.gz) = \"$(sha256sum <"$1" | cut -c 1-64)\""; }
labels() { jq -c "$2" "$1/labels.ndjson" >l && mv l "$1/labels.ndjson"; }

