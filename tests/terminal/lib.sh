# SPDX-License-Identifier: GPL-2.0-or-later
# What terminal tests are made of: a real tmux around the real program, keys
# in, screens out. Nothing sleeps for a guess: wait_for polls until it is so.
#
#	start 80 24 -v files            opens ./ctop-trace --demo in a terminal of 80x24
#	ENVIRON="NO_COLOR=1" start ...  with these variables
#	keys Down Enter; typed 'text'   as typed by hand
#	wait_for REGEX; wait_gone REGEX on the screen, within $PATIENCE seconds
#	see REGEX; see_not REGEX        on the screen that is there; of one just being drawn, see waits for the rest
#	fail REASON                     ends the test

BIN=${BIN:-./ctop-trace}
PATIENCE=${PATIENCE:-10}
ENVIRON=
UTF8=C.UTF-8

t() { tmux -L "$SOCKET" "$@"; }
screen() { t capture-pane -p 2>/dev/null; }
screen_raw() { t capture-pane -p -e 2>/dev/null; }

fail() {
	printf '# %s\n' "$@" >&2
	screen | sed 's/^/#   |/' >&2
	exit 1
}

no_server() { ! t list-sessions >/dev/null 2>&1; }

# A terminal that runs a shell command line; the pane stays when the command has ended.
terminal() {
	local cols=$1 rows=$2
	shift 2
	t kill-server 2>/dev/null && until_true no_server
	t -f /dev/null new-session -d -x "$cols" -y "$rows" -s main "$*" \; set -g remain-on-exit on \
		\; set -g status off >/dev/null || fail "tmux does not start"
}

start() {
	local cols=$1 rows=$2
	shift 2
	terminal "$cols" "$rows" env -u NO_COLOR TZ=UTC LC_ALL=$UTF8 TERM=xterm-256color $ENVIRON "$BIN" --demo "$@"
	wait_for '[0-9]+/[0-9]+ *$'
}

keys() { t send-keys "$@"; }
typed() { t send-keys -l "$1"; }
resize() { t resize-window -x "$1" -y "$2"; }

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# until_true COMMAND...: polls it
until_true() {
	local end=$(($(now_ms) + PATIENCE * 1000))
	until "$@"; do
		[ "$(now_ms)" -lt "$end" ] || return 1
		sleep 0.03
	done
}

has() { screen | grep -Eq -- "$1"; }
has_not() { ! has "$1"; }
wait_for() { until_true has "$1" || fail "never seen: $1"; }
wait_gone() { until_true has_not "$1" || fail "still there: $1"; }
see() { PATIENCE=3 until_true has "$1" || fail "not on the screen: $1"; }
see_not() { has_not "$1" || fail "must not be on the screen: $1"; }

# The selected row without its mark, and fields of it.
selected() { screen | grep -E '^[▌>]' | head -1 | sed 's/^[▌>]//'; }
is_selected() { selected | grep -Eq -- "$1"; }
wait_selected() { until_true is_selected "$1" || fail "never selected: $1"; }
position() { screen | grep -Eo '[0-9]+/[0-9]+ *$' | tail -1 | tr -d ' '; }
is_position() { [[ $(position) == $1 ]]; }
wait_position() { until_true is_position "$1" || fail "position is $(position), not $1"; }

# click COLUMN LINE, from 1, as xterm reports it (SGR 1006)
click() { typed $'\e[<0;'"$1;$2"'M'$'\e[<0;'"$1;$2"'m'; }
double_click() { # at once, whatever the load
	local one=$'\e[<0;'"$1;$2"'M'$'\e[<0;'"$1;$2"'m'
	typed "$one$one"
}
wheel() { typed $'\e[<'"$([ "$1" = up ] && echo 64 || echo 65)"';10;10M'; }

# Line and column (from 1, in cells) of the first place of a text.
find_text() {
	screen | python3 -c '
import sys, unicodedata
for y, line in enumerate(sys.stdin.read().split("\n"), 1):
    x = line.find(sys.argv[1])
    if x >= 0:
        print(1 + sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line[:x]), y)
        break' "$1"
}
click_text() { # shellcheck disable=SC2046
	click $(find_text "$1")
}

clock() { screen | head -1 | grep -Eo '[0-9]{2}:[0-9]{2}:[0-9]{2}'; }
clock_is_not() { [ "$(clock)" != "$1" ]; }
wait_sample() { local c; c=$(clock); until_true clock_is_not "$c" || fail "no new sample"; }

# The program's pid, its exit status once it ended.
program() { pgrep -P "$(t display -p '#{pane_pid}')" -x ctop-trace || t display -p '#{pane_pid}'; }
is_dead() { [ "$(t display -p '#{pane_dead}')" = 1 ]; }
wait_dead() { until_true is_dead || fail "does not end"; }
