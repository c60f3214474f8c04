# SPDX-License-Identifier: GPL-2.0-or-later
# Dig and echo.

open_dig() {
	start "${1:-120}" "${2:-30}"
	typed '/nginx: worker|nginx'; keys Escape
	typed '/nginx'; keys Enter
	wait_selected nginx
	keys d
	wait_for '› dig'
	wait_for '^ [0-9:.]{12,15} +[0-9]+ nginx'
}
kept() { screen | grep -Eo '[0-9]+ following|[0-9]+/[0-9]+ *$' | tail -1 | grep -Eo '[0-9]+ *(following)? *$' | grep -Eo '[0-9]+'; }
more_than() { [ "$(kept)" -gt "$1" ]; }

test_dig() {
	open_dig
	see 'calls/s'
	see 'lost 0'
	see 'filter .*proc.pid.* of it in the kernel: .*process'
	see '(sendfile|epoll_wait|recvfrom|accept4|writev|openat|close)\('
	see ' = '
	see 'µs'
	local n
	n=$(kept)
	until_true more_than "$n" || fail "nothing more comes"
	keys BSpace
	wait_gone '› dig'
	wait_selected nginx
}

test_dig_scrolls_back_while_events_come() {
	open_dig
	until_true more_than 200 || fail "too few events"
	keys PageUp
	wait_for '[0-9]+/[0-9]+ *$'
	local before n
	before=$(screen | sed -n '3,29p')
	n=$(kept)
	until_true more_than "$n" || fail "events stopped coming"
	[ "$before" = "$(screen | sed -n '3,29p')" ] || fail "the text moves under the reader"
	keys Home; wait_position '1/*'
	keys Down; wait_position '2/*'
	keys j; wait_position '3/*'
	keys End; wait_for 'following'
	keys Up; wait_gone 'following'
	keys F; wait_for 'following'
}

test_dig_search() {
	open_dig
	until_true more_than 100 || fail "too few events"
	typed '/epoll_wait'
	wait_for 'search: epoll_wait'
	keys Enter
	wait_for 'search epoll_wait'
	wait_for '[0-9]+/[0-9]+ *$'
	local at
	at=$(position)
	keys n
	until_true eval '[ "${at%/*}" != "$(position | cut -d/ -f1)" ]' || fail "n stays"
	keys N
	until_true eval '[ "${at%/*}" = "$(position | cut -d/ -f1)" ]' || fail "N does not come back"
	typed '/no-such-text-anywhere'
	keys Enter
	wait_for 'not found'
}

test_dig_failures_and_slow() {
	open_dig
	until_true more_than 300 || fail "too few events"
	keys f
	wait_for 'failures only'
	wait_for '= E[A-Z]+'
	sleep 0.1
	[ "$(screen | sed -n '3,29p' | grep -E '^ [0-9:.]+ ' | grep -vc ' = E[A-Z]\|×')" = 0 ] || fail "calls that did not fail"
	keys f
	wait_gone 'failures only'
	keys s
	wait_for 'slow only'
	sleep 0.1
	[ "$(screen | sed -n '3,29p' | grep -E '^ [0-9:.]+ ' | grep -Evc '[0-9](ms|s)▇|×')" = 0 ] || fail "calls that are not slow"
}

only_lines_with() { [ "$(screen | sed -n '3,29p' | grep -E '^ [0-9:.]+ ' | grep -vc "$1")" = 0 ] && has "$1"; }

test_dig_filter() {
	open_dig 200
	until_true more_than 100 || fail "too few events"
	keys '\'; typed 'evt.type = epo'; wait_for '^ Tab seen  epoll_wait'
	keys Tab Enter
	wait_for ' filter evt.type = epoll_wait'
	wait_for 'in the kernel: .*1 system call'
	until_true only_lines_with epoll_wait || fail "other calls, too"
	local n
	n=$(kept)
	until_true more_than "$n" || fail "no new lines"
	keys Escape; wait_gone 'filter evt.type = e'
	until_true eval '! only_lines_with epoll_wait' || fail "still only these"
	keys F4; typed 'sendfile'; wait_for 'lines with "sendfile"'
	until_true only_lines_with sendfile || fail "lines without the text"
	keys Escape; wait_gone 'lines with'
	keys '\'; typed 'evt.typ = x'; keys Enter; wait_for "did you mean 'evt.type'"
	keys Escape; wait_gone 'did you mean'
	keys BSpace; wait_gone '› dig'
}

test_dig_only_this_call() {
	open_dig
	until_true more_than 100 || fail "too few events"
	typed '/epoll_wait'; keys Enter
	wait_for '[0-9]+/[0-9]+ *$'
	keys '!'; wait_for '^ .*filter evt.type != "epoll_wait"'
	until_true eval 'has_not " epoll_wait\(| epoll_wait ×" && has "accept4|openat"' || fail "epoll_wait is still there"
	keys Up '='; wait_for 'evt.type != "epoll_wait" and evt.type = "[a-z0-9_]+"'
	keys BSpace; wait_gone 'and evt.type = '
	see 'evt.type != "epoll_wait"'
	keys BSpace; wait_gone 'evt.type !='
	see '› dig'
	keys BSpace; wait_gone '› dig'
}

test_spy_legend() {
	open_dig
	keys F7; wait_for 'Filter in force'
	see 'proc.pid = [0-9]+'
	see 'of it, the kernel decides: process'
	see 'passed its part of the filter'
	keys Escape; wait_gone 'Filter in force'
	keys '\'; typed 'evt.latency > 1ms and proc.name contains ngi'; keys Enter
	wait_gone '^ filter \('
	keys i; wait_for 'of it, the kernel decides: process.*, latency'
	keys q; wait_gone 'Filter in force'
	keys BSpace; wait_gone '› dig'
	keys e; wait_for '› echo'
	keys F7; wait_for 'What the selection reads and writes'
	see 'the kernel decides: process'
}

test_spy_filter_while_paused() {
	open_dig
	until_true more_than 100 || fail "too few events"
	keys p; wait_for PAUSED
	local n
	n=$(kept)
	keys '\'; typed 'evt.type != epoll_wait'; keys Enter; wait_for '^ .*filter evt.type !='
	sleep 0.3
	[ "$(kept)" -lt "$n" ] || fail "$(kept) lines of $n"
	keys Escape; wait_gone 'evt.type !='
	until_true eval '[ "$(kept)" = "$n" ]' || fail "$(kept) lines, not $n as when it was paused"
}

test_dig_whole_call() {
	open_dig 80 24
	keys Up Enter
	wait_for 'The whole call'
	see 'process [0-9]+ '
	keys Escape
	wait_gone 'The whole call'
}

test_dig_pause_and_clear() {
	open_dig
	keys p
	wait_for PAUSED
	local before
	before=$(screen | sed -n '3,29p')
	sleep 0.2; sleep 0.2
	[ "$before" = "$(screen | sed -n '3,29p')" ] || fail "moves while paused"
	keys p
	wait_gone PAUSED
	until_true more_than 150 || fail "too few events"
	keys c
	until_true eval '[ "$(kept)" -lt 120 ]' || fail "not cleared"
}

test_clear_while_paused() {
	start 100 24
	for key in d e; do
		keys $key; wait_for '› (dig|echo)'
		until_true more_than 30 || fail "too few events"
		keys p; wait_for PAUSED
		keys c; wait_for 'so far'
		keys Down Up PageUp n
		sleep 0.1
		keys p; wait_gone PAUSED
		until_true more_than 1 || fail "nothing comes any more"
		keys BSpace; wait_gone '› (dig|echo)'
	done
}

test_dig_save() {
	open_dig
	until_true more_than 50 || fail "too few events"
	keys w
	wait_for 'save to: ctop-trace-dig-[0-9-]+\.txt'
	keys C-u; typed "$DIR/saved.txt"; keys Enter
	wait_for 'saved [0-9]+ lines'
	[ "$(wc -l <"$DIR/saved.txt")" -ge 50 ] || fail "only $(wc -l <"$DIR/saved.txt") lines"
	grep -Eq '^[0-9:.]{15} +[0-9]+ nginx .*\(.*\) = ' "$DIR/saved.txt" || fail "odd lines: $(head -2 "$DIR/saved.txt")"
	[ "$(stat -c %a "$DIR/saved.txt")" = 600 ] || fail "mode $(stat -c %a "$DIR/saved.txt")"
	keys w; wait_for 'save to'
	keys C-u; typed "$DIR/saved.txt"; keys Enter
	wait_for 'exists already'
	see 'save to'
	keys C-u; typed "$DIR/none/x"; keys Enter
	wait_for 'No such file'
	ln -s "$DIR/elsewhere" "$DIR/link"
	keys C-u; typed "$DIR/link"; keys Enter
	wait_for 'exists already'
	[ ! -e "$DIR/elsewhere" ] || fail "wrote through a symbolic link"
	keys Escape; wait_gone 'save to'
}

test_read_only_saves_nothing() {
	start 100 24 --read-only
	keys d; wait_for '› dig'
	keys w; wait_for 'read-only'
	see_not 'save to'
}

test_echo() {
	start 100 30
	typed '/redis'; keys Enter; wait_selected redis
	keys e
	wait_for '› echo'
	wait_for '(read ←|write →) [0-9]+ bytes'
	keys p; wait_for PAUSED
	keys x; wait_for 'payload as hex'
	wait_for '[0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{2}'
	keys x; wait_for 'payload raw'
	keys x; wait_for 'payload as text'
	keys p
	keys PageUp PageUp
	wait_gone 'following'
	keys End; wait_for 'following'
	keys BSpace
	wait_gone '› echo'
	wait_selected redis
}

test_spy_by_function_keys() {
	start 100 24
	keys F6; wait_for '› dig'
	keys Escape; wait_gone '› dig'
	keys F5; wait_for '› echo'
	keys Escape; wait_gone '› echo'
}
