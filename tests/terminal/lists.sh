# SPDX-License-Identifier: GPL-2.0-or-later
# List views: rows come, stay, can be searched, paused, cleared, saved, dug into.

open_list() { # VIEW [COLS ROWS]
	terminal "${2:-140}" "${3:-30}" env -u NO_COLOR TZ=UTC LC_ALL=$UTF8 TERM=xterm-256color "$BIN" --demo -v "$1"
	wait_for 'following'
}
kept() { screen | grep -Eo '[0-9]+ following|[0-9]+/[0-9]+ *$' | tail -1 | grep -Eo '[0-9]+ *(following)? *$' | grep -Eo '[0-9]+'; }
more_than() { [ "$(kept)" -gt "$1" ]; }

test_every_list_shows_rows() {
	open_list new_connections; wait_for '^ +14:[0-9:.]+ +(accept4|connect) +tcp +10\.0\.3\.4:[0-9]+->'
	open_list port_bindings; wait_for '^ +14:[0-9:.]+ +(bind|listen|close) +tcp +0\.0\.0\.0 +9229'
	open_list file_opens; wait_for 'ENOENT .* /src/linux/include'
	wait_for 'SUCCESS .* /'
	open_list commands; wait_for 'alice +pts/0 .* ls -l /srv/shop'
	open_list syslog; wait_for 'sshd +auth +err .*maximum authentication'
	open_list signals; wait_for 'SIGTERM .*bash'
}

test_list_by_picker_and_back() {
	start 140 40
	typed '/postgres'; keys Enter; wait_selected postgres
	keys Enter; wait_for 'Threads'
	keys F2; wait_for 'Views of this selection'
	see 'File opens'
	keys Escape; wait_gone 'Views of this selection'
	keys BSpace; wait_selected postgres
	keys F2; wait_for 'Views of this selection'
	local i
	for i in $(seq 60); do
		screen | grep -Eq 'Every attempt to open' && break
		keys Down
		sleep 0.03
	done
	wait_for 'Every attempt to open'
	keys Enter
	wait_for 'File opens'
	wait_for 'following'
	wait_for 'TIME +RES +PID'
	keys BSpace
	wait_gone 'following'
	wait_for 'PID'
	keys 5
	wait_for 'Files'
}

test_list_scrolls_back_while_rows_come() {
	open_list file_opens
	until_true more_than 100 || fail "too few rows"
	keys PageUp
	wait_for '[0-9]+/[0-9]+ *$'
	local before n
	before=$(screen | sed -n '4,29p')
	n=$(kept)
	until_true more_than "$n" || fail "rows stopped coming"
	[ "$before" = "$(screen | sed -n '4,29p')" ] || fail "rows move under the reader"
	keys Home; wait_position '1/*'
	keys End; wait_for 'following'
}

test_list_pause_clear_search() {
	open_list file_opens
	until_true more_than 60 || fail "too few rows"
	keys p; wait_for PAUSED
	local before
	before=$(screen | sed -n '4,29p')
	sleep 0.3
	[ "$before" = "$(screen | sed -n '4,29p')" ] || fail "moves while paused"
	keys p; wait_gone PAUSED
	keys c
	until_true eval '[ "$(kept)" -lt 55 ]' || fail "not cleared"
	keys f; wait_for 'failures only'
	wait_for ENOENT
	[ "$(screen | sed -n '4,29p' | grep -c SUCCESS)" = 0 ] || fail "opens that did not fail"
	keys f; wait_gone 'failures only'
	typed '/list.h'; keys Enter
	wait_for 'search list.h'
	wait_for '[0-9]+/[0-9]+ *$'
}

test_list_whole_call_and_dig() {
	open_list file_opens
	until_true more_than 20 || fail "too few rows"
	keys Up Up
	keys Enter; wait_for 'The whole call'
	keys Escape; wait_gone 'The whole call'
	local n
	n=$(kept)
	keys d; wait_for '› dig'
	keys BSpace; wait_gone '› dig'
	wait_for 'TIME +RES +PID'
	until_true more_than "$((n - 1))" || fail "the rows are gone: $(kept) of $n"
}

test_list_save() {
	open_list commands
	until_true more_than 5 || fail "too few rows"
	keys w; wait_for 'save to: ctop-trace-commands-'
	keys C-u; typed "$DIR/saved.txt"; keys Enter
	wait_for 'saved [0-9]+ lines'
	grep -Eq '^14:[0-9:.]+ +alice +pts/0 .* (ls -l|git status|grep -rn)' "$DIR/saved.txt" || fail "odd: $(head -2 "$DIR/saved.txt")"
}

test_list_legend_and_narrow() {
	open_list syslog 60 16
	wait_for 'MESSAGE'
	keys i; wait_for 'Messages as programs write them'
	keys Escape; wait_gone 'Messages as programs write them'
	resize 40 10; wait_for 'MESSAGE'
	resize 140 30; wait_for 'FACILITY'
}
