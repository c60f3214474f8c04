# SPDX-License-Identifier: GPL-2.0-or-later
# Sizes and kinds of terminals.

lines_fit() { screen | awk -v max="$1" '{ if (length($0) > max) exit 1 }'; }

test_resize() {
	start 80 24
	see 'COMMAND'
	resize 40 10
	wait_for '^ Processes .*exact'
	see 'PID'
	see '» *$'
	[ "$(screen | grep -Ec '^[▌ ] +[0-9]+ ')" -ge 5 ] || fail "hardly a row at 40x10"
	resize 300 80
	wait_for 'VPID'
	see 'CONTAINER'
	see_not '»'
	[ "$(screen | grep -Ec '^[▌ ][ †] *[0-9]+ ')" -ge 70 ] || fail "300x80 is not filled"
	resize 80 24
	wait_for '»'
	resize 30 8
	wait_for 'needs 40x10, has 30x8'
	resize 80 24
	wait_for 'ctop-trace +Processes'
}

test_resize_keeps_the_row() {
	start 100 40
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do keys Down; done
	wait_position '13/*'
	keys p; wait_for PAUSED
	local pid
	pid=$(selected | awk '{print $1}')
	resize 60 12
	wait_for 'PAUSED'
	wait_selected "^ +$pid "
	resize 100 40
	wait_selected "^ +$pid "
}

test_resize_in_overlays() {
	start 100 40
	keys '?'; wait_for 'Finding the way'
	resize 50 12; wait_for 'Finding the way'
	resize 120 30; wait_for 'Finding the way'
	keys Escape
	keys v; wait_for 'Views of this selection'
	resize 40 10; wait_for 'Views of this'
	keys Escape; keys d
	resize 120 30; wait_for 'dig'
	resize 40 10; wait_for 'dig'
}

test_smallest_terminals_do_not_crash() {
	start 80 24
	for size in '1 1' '2 2' '5 3' '39 9' '40 9' '39 10' '400 3' '1 100'; do
		# shellcheck disable=SC2086
		resize $size
		sleep 0.05
		keys Down v
		sleep 0.05
		keys Escape
	done
	resize 80 24
	wait_for 'ctop-trace +Processes'
	is_dead && fail "it died"
	return 0
}

test_no_color() {
	ENVIRON='NO_COLOR=1' start 100 24
	! screen_raw | grep -Eq $'\e\\[([0-9;]*;)?(3[0-7]|4[0-7]|9[0-7]|38|48)[;m]' || fail "colours in spite of NO_COLOR"
	screen_raw | grep -q $'\e\\[[0-9;]*7m' || fail "the selected row is not reversed"
}

test_color_option_beats_no_color() {
	ENVIRON='NO_COLOR=1' start 100 24 --color
	screen_raw | grep -Eq $'\e\\[([0-9;]*;)?(3[0-7]|38)[;m]' || fail "no colours in spite of --color"
	start 100 24 --no-color
	! screen_raw | grep -Eq $'\e\\[([0-9;]*;)?(3[0-7]|38)[;m]' || fail "colours in spite of --no-color"
}

is_ascii() { ! screen | LC_ALL=C grep -q '[^ -~]'; }

test_c_locale_is_ascii() {
	ENVIRON='LC_ALL=C' start 100 24
	is_ascii || fail "not ASCII: $(screen | LC_ALL=C grep '[^ -~]' | head -2)"
	see 'CPU%v'
	see '^> '
	keys v; wait_for 'Views of this selection'; is_ascii || fail "picker is not ASCII"
	keys Escape; keys F7; wait_for 'Filter in force'; is_ascii || fail "legend is not ASCII"
	keys Escape; keys d; wait_for '> dig'; sleep 0.2; is_ascii || fail "dig is not ASCII"
	keys BSpace; keys e; wait_for '> echo'; sleep 0.2; is_ascii || fail "echo is not ASCII"
}

test_ascii_option() {
	start 100 24 --ascii
	is_ascii || fail "not ASCII"
	see 'FILE .*[:|#]'
}

test_terminal_types() {
	local term
	for term in linux vt100 vt220 xterm xterm-256color screen screen-256color tmux-256color rxvt; do
		infocmp "$term" >/dev/null 2>&1 || continue
		ENVIRON="TERM=$term" start 80 24
		see 'ctop-trace +Processes'
		see 'CPU%'
		keys Down; wait_position '2/*'
		keys v; wait_for 'Views of this selection'
		keys Escape; wait_gone 'Views of this selection'
		keys q; wait_dead
	done
}

test_terminals_that_cannot() {
	local term
	for term in dumb no-such-terminal; do
		terminal 150 24 "LC_ALL=$UTF8 TERM=$term $BIN --demo; echo status \$?; sleep 100"
		wait_for 'status 1'
		see "'$term'"
		see '--batch'
		screen_raw | grep -q $'\e' && fail "escape sequences for a terminal that has none"
	done
	return 0
}

test_not_a_terminal() {
	local out
	out=$("$BIN" --demo </dev/null 2>&1 | cat)
	[[ $out == *terminal* ]] || fail "says: $out"
	[[ $out != *$'\e'* ]] || fail "escape sequences in a pipe"
}

# Cells, not characters: the columns behind wide ones stay in line, and nothing is half a character at the edge.
test_wide_characters() {
	cat >"$DIR/wide.json" <<-'END'
		{"views": [{"id": "wide", "name": "\u30d7\u30ed\u30bb\u30b9\u4e00\u89a7", "records": ["tasks", "facts"], "key": ["proc.pid"],
		  "sort": "evt.count", "drilldown": "threads", "applies_to": [""], "columns": [
		  {"field": "proc.pid", "title": "\u756a\u53f7"}, {"field": "proc.name", "title": "\u540d\u524d", "width": 12},
		  {"field": "evt.count", "agg": "rate", "title": "\u547c\u51fa/s"}, {"field": "proc.cmdline", "title": "\u30b3\u30de\u30f3\u30c9", "width": 0}]}]}
	END
	start 80 24 --views "$DIR/wide.json" -v wide
	wait_for '^ ctop-trace +プロセス一覧 '
	local size
	for size in '80 24' '61 20' '47 12'; do
		# shellcheck disable=SC2086
		resize $size
		wait_for '呼出/s▼'
		until_true is_aligned "${size% *}" || fail "at $size: $(screen | python3 -c "$cells" "${size% *}")"
	done
	resize 80 24
	keys '/'; typed '日本x'; wait_for '日本x'
	keys BSpace BSpace; wait_for '日 *$'; see_not '日本'
	keys Escape; keys v; wait_for '│ .*プロセス一覧'
	[ "$(screen | grep -c '│ *$')" -ge 5 ] || fail "the picker's frame is broken"
}
cells='
import re, sys, unicodedata
def width(s):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)
lines = [l.rstrip("\n") for l in sys.stdin]
head = next(l for l in lines if "番号" in l)
rows = [l for l in lines if re.match("[▌ ][ †] *[0-9]+ ", l)]
ends = {width(re.match(" *番号", head)[0])} | {width(re.match("[▌ ][ †] *[0-9]+", r)[0]) for r in rows}
if len(ends) != 1 or not rows:
    sys.exit("numbers end in cells " + str(ends))
begins = {width(head[:head.index("名前")])} | {width(re.match("[▌ ][ †] *[0-9]+ +", r)[0]) for r in rows}
if len(begins) != 1:
    sys.exit("names begin in cells " + str(begins))
if any(width(l) > int(sys.argv[1]) for l in lines):
    sys.exit("a line is too wide")
'
is_aligned() { screen | python3 -c "$cells" "$1" 2>/dev/null; }
