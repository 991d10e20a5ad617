# shellcheck shell=bash
# Helpers of the kernel tests; a test begins with
#   . "$(dirname "$0")/../lib.sh"
# and ends with "finish". It runs as root, in a machine of scripts/vm/run or on
# the host, with our programs in PATH, and prints one line for each check:
#   ok SENTENCE | FAIL SENTENCE | SKIP: SENTENCE: REASON
#
#   check "sentence" CMD [ARG…]           passes when the command succeeds
#   within VALUE EXPECTED REL ABS "sentence"   |VALUE - EXPECTED| <= max(REL * EXPECTED, ABS);
#                                         a VALUE that is no number fails
#   skip "sentence" "reason"              one check that cannot run here
#   skip_all "reason"                     the whole test; ends it
#   need CMD…                             skip_all unless each is installed
#   finish                                totals; ends the test: 0 passed, 1 failed, 77 nothing ran
#   in_vm                                 true in a machine of scripts/vm/run
#   rungs_of RUNG…                        those to test: all of them, or with SLO_SOME_RUNGS the best
#                                         and one more, another one on each kernel
#   log TEXT…                             a line for whoever reads a failure
#   wait_for SECONDS CMD [ARG…]           until the command succeeds; fails when it never did
#   cleanup_add CMD [ARG…]                run at the end, whatever the end is; last added first
#   new_netns                             prints the name of a new network namespace, lo up
#   listening PORT [NETNS]                true when a TCP socket listens there (for wait_for)
#   net_counter NETNS GROUP NAME          from its /proc/net/snmp or netstat: net_counter "$ns" Tcp RetransSegs;
#                                         an empty NETNS is ours
#   new_cgroup CONTROLLER                 prints the directory of a new cgroup (v2 where it has
#                                         the controller, else v1); fails when neither has
#   cgroup_version DIR                    1 or 2
#   cgroup_limit_cpu DIR QUOTA_US PERIOD_US
#   cgroup_limit_memory DIR BYTES         hard limit
#   agent_start [ARG…]                    the agent with 1 s windows in the background; waits for its
#                                         first record; sets AGENT_PID AGENT_OUT AGENT_LOG
#                                         set the array AGENT_PREFIX for one that is run another way:
#                                         AGENT_PREFIX=(ip netns exec "$ns"), (setpriv --reuid 1000 ...)
#   agent_stop                            SIGTERM; checks that it ends with status 0
#   count_runs                            the kernel counts runs of programs from now on, to the end of the test; fails
#                                         where it cannot
#   agent_ran PROGRAM…                    how often it ran each of the agent's programs; nothing where it does not count
#   ends_begin, ends_stop                 an agent's ends of disk I/O from here on, to here (before agent_stop)
#   all_ends WANTED "sentence"            each of WANTED ends is in a window. Linux 6.18 now and then does not run a program at
#                                         block_rq_complete for some milliseconds, and counts no miss: where it ran ours
#                                         (tp_btf) for fewer ends than there were, but for four of five, that is told as
#                                         skipped; those it was run for must have been seen in any case
#   ends_left_out                         it may have done so between ends_begin and ends_stop: where this excuses anything,
#                                         ends_seen has to be checked
#   ends_seen                             each end it ran the program for is in a window; on a host nine of ten
#   records KIND                          payloads of one kind from AGENT_OUT, one JSON object a line
#   windows SIGNAL [SERVICE]              its window payloads
#   probes SIGNAL                         its probe payloads
#   sum_of MEMBER                         of JSON lines on standard input; absent counts as 0
#   last_of MEMBER                        of the last line; nothing when it has none
#   max_of MEMBER                         the largest; nothing when no line has it
# TMP is a directory of the test's own, removed at the end. Functions that print
# may be called in $(…): what they register is cleaned up all the same.
set -u

TMP=$(mktemp -d)
checks_passed=0 checks_failed=0 checks_skipped=0
AGENT_PID='' AGENT_OUT='' AGENT_LOG='' AGENT_PREFIX=()
ENDS_RAN='' ENDS_ISSUED=0 ENDS_OTHER=0
: >"$TMP/.cleanup"

cleanup_add() {
	printf '%q ' "$@" >>"$TMP/.cleanup"
	echo >>"$TMP/.cleanup"
}

cleanup_run() {
	local line
	trap - EXIT
	if [ -n "$AGENT_PID" ]; then kill -KILL "$AGENT_PID" 2>/dev/null; fi
	while read -r line; do eval "$line"; done < <(tac "$TMP/.cleanup") >/dev/null 2>&1
	rm -rf "$TMP"
}
trap cleanup_run EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

in_vm() {
	[ "${SLO_VM:-}" = 1 ]
}

rungs_of() {
	local best=$1 n=3
	shift
	if [ -z "${SLO_SOME_RUNGS:-}" ] || [ $# -lt 3 ]; then
		echo "$best $*"
		return
	fi
	case $(uname -r) in 6.1.*) n=2 ;; esac
	echo "$best ${!n}"
}

log() {
	printf '# %s\n' "$*"
}

pass() {
	checks_passed=$((checks_passed + 1))
	printf 'ok %s\n' "$1"
}

fail() {
	checks_failed=$((checks_failed + 1))
	printf 'FAIL %s\n' "$1"
}

check() {
	local sentence=$1 status=0
	shift
	"$@" || status=$?
	if [ "$status" -eq 0 ]; then pass "$sentence"; return 0; fi
	fail "$sentence"
	log "status $status of: $*"
	return 1
}

# is_within VALUE EXPECTED REL ABS
is_within() {
	awk -v v="$1" -v e="$2" -v r="$3" -v a="$4" 'BEGIN {
		number = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"
		if (v !~ number || e !~ number) exit 1
		d = v - e; if (d < 0) d = -d
		t = r * e; if (t < 0) t = -t
		if (a + 0 > t) t = a + 0
		exit !(d <= t)
	}'
}

within() {
	local sentence=$5
	if is_within "$1" "$2" "$3" "$4"; then
		pass "$sentence ($1, expected $2)"
		return 0
	fi
	fail "$sentence"
	log "got ${1:-nothing}, expected $2 within the larger of $3 of it and $4"
	return 1
}

skip() {
	checks_skipped=$((checks_skipped + 1))
	printf 'SKIP: %s: %s\n' "$1" "$2"
}

finish() {
	printf 'checks: %d passed, %d failed, %d skipped\n' "$checks_passed" "$checks_failed" "$checks_skipped"
	if [ "$checks_failed" -gt 0 ]; then exit 1; fi
	if [ "$checks_passed" -eq 0 ]; then exit 77; fi
	exit 0
}

skip_all() {
	skip "${0##*/}" "$1"
	finish
}

need() {
	local c
	for c in "$@"; do
		command -v "$c" >/dev/null || skip_all "$c is not installed"
	done
}

wait_for() {
	local end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@"; do
		if [ $(($(date +%s%N) / 1000000)) -ge "$end" ]; then return 1; fi
		sleep 0.1
	done
}

# --- namespaces and cgroups --------------------------------------------------

# A name nobody else has.
new_name() {
	basename "$(mktemp -u "$TMP/slo-$$-XXXXXX")"
}

new_netns() {
	local name
	name=$(new_name)
	ip netns add "$name" || return 1
	cleanup_add ip netns del "$name"
	ip -n "$name" link set lo up || return 1
	echo "$name"
}

# in_netns NETNS CMD [ARG…]: the empty name is ours.
in_netns() {
	local ns=$1
	shift
	if [ -n "$ns" ]; then ip netns exec "$ns" "$@"; else "$@"; fi
}

listening() {
	in_netns "${2-}" ss -Hltn "sport = :$1" | grep -q .
}

net_counter() {
	in_netns "$1" cat /proc/net/snmp /proc/net/netstat | awk -v group="$2:" -v name="$3" '
	$1 == group && !at { for (i = 2; i <= NF; i++) if ($i == name) at = i; next }
	$1 == group && at { print $at; exit }'
}

# Where a controller's groups are made: the v2 hierarchy that has it, else its own v1 one.
cgroup_parent() {
	local dir
	for dir in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		if grep -qw "$1" "$dir/cgroup.subtree_control" 2>/dev/null; then echo "$dir"; return 0; fi
		if grep -qw "$1" "$dir/cgroup.controllers" 2>/dev/null; then
			echo "+$1" >"$dir/cgroup.subtree_control" && echo "$dir" && return 0
		fi
	done 2>/dev/null
	if [ -e "/sys/fs/cgroup/$1/cgroup.procs" ]; then echo "/sys/fs/cgroup/$1"; return 0; fi
	return 1
}

cgroup_remove() {
	local pid i
	for ((i = 0; i < 50; i++)); do
		while read -r pid; do kill -KILL "$pid"; done <"$1/cgroup.procs"
		if rmdir "$1"; then return 0; fi
		sleep 0.1
	done
	return 1
}

new_cgroup() {
	local dir
	dir=$(cgroup_parent "$1") || return 1
	dir=$dir/$(new_name)
	mkdir "$dir" || return 1
	cleanup_add cgroup_remove "$dir"
	echo "$dir"
}

cgroup_version() {
	if [ -e "$1/cgroup.controllers" ]; then echo 2; else echo 1; fi
}

cgroup_limit_cpu() {
	if [ "$(cgroup_version "$1")" = 2 ]; then
		echo "$2 $3" >"$1/cpu.max"
	else
		echo "$3" >"$1/cpu.cfs_period_us" && echo "$2" >"$1/cpu.cfs_quota_us"
	fi
}

cgroup_limit_memory() {
	if [ "$(cgroup_version "$1")" = 2 ]; then echo "$2" >"$1/memory.max"; else echo "$2" >"$1/memory.limit_in_bytes"; fi
}

# --- the agent ---------------------------------------------------------------

agent_ready() {
	[ -s "$AGENT_OUT" ] || ! kill -0 "$AGENT_PID" 2>/dev/null
}

# agent_start OPTION…: with nothing shed, unless the options set a limit of their own (--config): under
# software emulation a probe costs more than the guard lets pass.
agent_start() {
	local guard=--disable-overhead-guard
	case " $* " in *" --config "*) guard= ;; esac
	AGENT_OUT=$(mktemp "$TMP/agent-XXXXXX")
	AGENT_LOG=$AGENT_OUT.log
	chmod 0711 "$TMP"
	chmod 0666 "$AGENT_OUT" # it may run as somebody else
	"${AGENT_PREFIX[@]+"${AGENT_PREFIX[@]}"}" agent --interval-ms 1000 ${guard:+"$guard"} --out "$AGENT_OUT" "$@" 2>"$AGENT_LOG" </dev/null &
	AGENT_PID=$!
	wait_for 60 agent_ready
	if check "the agent starts and writes a record" test -s "$AGENT_OUT"; then return 0; fi
	sed 's/^/# agent: /' "$AGENT_LOG" | tail -n 30
	return 1
}

agent_stop() {
	local status=0
	if [ -n "$AGENT_LOG" ]; then grep -a ': overhead ' "$AGENT_LOG" | sed 's/^/# /'; fi
	if [ -z "$AGENT_PID" ]; then
		fail "an agent is there to be stopped"
		return 1
	fi
	kill -TERM "$AGENT_PID" 2>/dev/null
	wait "$AGENT_PID" || status=$?
	AGENT_PID=
	if check "the agent ends with status 0 at SIGTERM" test "$status" -eq 0; then return 0; fi
	sed 's/^/# agent: /' "$AGENT_LOG" | tail -n 30
	return 1
}

count_runs() {
	local switch=/proc/sys/kernel/bpf_stats_enabled
	[ -w "$switch" ] || return 1
	cleanup_add sh -c "echo $(cat "$switch") >$switch"
	echo 1 >"$switch"
}

agent_ran() {
	local ids
	ids=$(sed -n 's/^prog_id:[ \t]*//p' /proc/"$AGENT_PID"/fdinfo/* 2>/dev/null | sort -un | paste -sd, -)
	bpftool -j prog show 2>/dev/null | jq -r --args "map(select(.id as \$id | [$ids] | index(\$id))) as \$ours |
		[\$ARGS.positional[] as \$n | [\$ours[] | select(.name == \$n).run_cnt] | add] |
		if all then join(\" \") else empty end" "$@"
}

# At most so many ends were none of I/O: two for each flush, and a second one of each write or discard that came with one.
ends_other() {
	cat /sys/block/*/stat | awk '{ n += 2 * $16 + $5 + $12 } END { print n + 0 }'
}

ends_begin() {
	ENDS_OTHER=$(ends_other)
}

ends_stop() {
	read -r ENDS_RAN ENDS_ISSUED < <(agent_ran btf_rq_complete btf_rq_issue)
	ENDS_OTHER=$(($(ends_other) - ENDS_OTHER))
}

# A request that is issued ends, but may be issued twice: that it ran less often for ends may mean nothing.
ends_left_out() {
	[ -n "$ENDS_RAN" ] && [ "$ENDS_RAN" -lt "$ENDS_ISSUED" ] && [ "$ENDS_RAN" -ge $((ENDS_ISSUED * 4 / 5)) ]
}

ends_seen() {
	local seen
	seen=$(windows disk_io_latency_ms | sum_of count)
	if in_vm; then
		check "each end that the program was run for was seen ($seen of $ENDS_RAN, less at most $ENDS_OTHER)" \
			test "$seen" -ge $((ENDS_RAN - ENDS_OTHER))
	else
		# What others do to the same disks ends in more ways: requests begun before, in parts, by other means.
		check "nine of ten ends that the program was run for were seen ($seen of $ENDS_RAN, less at most $ENDS_OTHER)" \
			test $((seen * 10)) -ge $(((ENDS_RAN - ENDS_OTHER) * 9))
	fi
}

# Others' requests may make up for ends of ours, not for those that were not seen.
all_ends() {
	local wanted=$1 sentence=$2 seen
	seen=$(windows disk_io_latency_ms | sum_of count)
	if [ "${ENDS_ISSUED:-0}" -lt "$wanted" ]; then ENDS_ISSUED=$wanted; fi
	if [ "$seen" -lt "$wanted" ] && ends_left_out; then
		skip "$sentence ($seen of $wanted)" "the kernel ran the program for $ENDS_RAN of $ENDS_ISSUED ends"
	else
		check "$sentence ($seen)" test "$seen" -ge "$wanted"
	fi
	if [ -n "$ENDS_RAN" ]; then ends_seen; fi
}

records() {
	jq -c --arg kind "$1" 'select(.kind == $kind) | .payload' "$AGENT_OUT"
}

windows() {
	records window | jq -c --arg signal "$1" --arg service "${2-}" \
		'select(.signal == $signal and ($service == "" or .service == $service))'
}

probes() {
	records probe | jq -c --arg signal "$1" 'select(.signal == $signal)'
}

sum_of() {
	jq -n --arg m "$1" '[inputs | .[$m] // 0] | add // 0'
}

last_of() {
	tail -n 1 | jq --arg m "$1" '.[$m] // empty'
}

max_of() {
	jq -n --arg m "$1" '[inputs | .[$m] // empty] | max // empty'
}
