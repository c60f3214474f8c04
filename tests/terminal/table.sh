# SPDX-License-Identifier: GPL-2.0-or-later
# The table: what it opens with, moving, sorting, drilling.

test_opens_filled() {
	local begin
	begin=$(now_ms)
	start 100 24
	[ $(($(now_ms) - begin)) -lt 2000 ] || fail "took $(($(now_ms) - begin)) ms to open"
	see 'ctop-trace +Processes'
	see_not '[Cc]ollecting'
	see 'CPU +[0-9]+%'
	see 'FILE +in +[0-9.]+[KMG]?'
	see 'exact'
	see 'CPU%▼'
	[ "$(screen | grep -Ec '^[▌ ] +[0-9]+ ')" -ge 15 ] || fail "hardly any rows"
	is_selected ' [0-9]+ .* [0-9]+\.[0-9]' || fail "the first row has no rate"
}

at_end() { local p; p=$(position); [ "${p%/*}" = "${p#*/}" ]; }

test_moves() {
	start 80 24
	wait_position '1/*'
	keys Down; wait_position '2/*'
	keys j; wait_position '3/*'
	keys k; wait_position '2/*'
	keys Up; wait_position '1/*'
	keys Up; wait_position '1/*'
	keys PageDown; wait_position '19/*'
	keys PageUp; wait_position '1/*'
	keys J; wait_position '19/*'
	keys K; wait_position '1/*'
	keys End; until_true at_end || fail "End does not go to the end"
	keys Home; wait_position '1/*'
	keys G; until_true at_end || fail "G does not go to the end"
	keys g; wait_position '1/*'
}

test_selection_follows_its_row() {
	start 100 24 -d 0.3
	typed '/postgres'
	keys Enter
	wait_selected postgres
	keys Down Down
	sleep 0.2
	local pid
	pid=$(selected | awk '{print $1}')
	for _ in 1 2 3 4 5 6; do
		wait_sample
		is_selected "^ +$pid " || fail "selected was $pid, is now $(selected)"
	done
}

test_first_row_stays_first() {
	start 100 24 -d 0.2
	for _ in 1 2 3 4; do
		wait_sample
		is_position '1/*' || fail "the cursor left the top by itself"
	done
}

test_drill_and_back() {
	start 100 24 -v containers
	keys . # another sort column
	wait_for 'RES▼'
	typed '/shop-db'
	keys Enter
	wait_selected shop-db
	local name
	name=$(selected | awk '{print $1}')
	keys Enter
	wait_for "Containers › $name › Processes"
	see 'CPU%▼'
	keys Down
	wait_position '2/*'
	local pid
	pid=$(selected | awk '{print $1}')
	keys Enter
	wait_for 'Processes › .* › Threads'
	keys BSpace
	wait_for "Containers › $name › Processes"
	wait_selected "^ +$pid " # its place may be another one after a new sample
	keys BSpace
	wait_gone ' › Processes'
	wait_for 'RES▼'
	is_selected "^ *$name" || fail "the row was $name, is $(selected)"
	keys BSpace
	wait_for 'this is the top'
}

test_drill_by_letters() {
	start 100 24 -v containers
	keys l
	wait_for ' › Processes'
	keys b
	wait_gone ' › Processes'
	keys Enter
	wait_for ' › Processes'
	keys Escape
	wait_gone ' › Processes'
}

test_last_drill_is_the_spy() {
	start 100 24
	keys Enter
	wait_for ' › Threads'
	keys Enter
	wait_for ' › dig'
	keys BSpace
	wait_gone ' › dig'
	see ' › Threads'
}

test_sort_keys() {
	start 100 24
	see 'CPU%▼'
	keys .; wait_for 'TH▼'
	keys ,; wait_for 'CPU%▼'
	keys I; wait_for 'CPU%▲'
	keys I; wait_for 'CPU%▼'
	keys '>'; wait_for 'Sort by'
	keys Home Enter
	wait_for 'PID▼'
	keys F9; wait_for 'Sort by'
	keys Escape; wait_gone 'Sort by'
	see 'PID▼'
}

test_sorted_by_number_is_sorted() {
	start 100 24
	screen | sed -n '6,23p' | grep -Eo ' [RSDXIZ] .*' | awk '{print $2}' | grep -E '^[0-9]+\.' >"$DIR/cpu"
	[ "$(wc -l <"$DIR/cpu")" -gt 8 ] || fail "found no CPU column"
	sort -rg -c "$DIR/cpu" 2>/dev/null || fail "not in order: $(tr '\n' ' ' <"$DIR/cpu")"
}

test_sort_option() {
	start 100 24 --sort proc.vmrss
	see 'RES▼'
}

test_horizontal_scroll() {
	start 80 24
	see '»'
	see 'COMMAND'
	see_not 'PPID'
	local n=0
	while [ $n -lt 40 ] && has_not 'PPID'; do keys Right; n=$((n + 1)); sleep 0.05; done
	see 'PPID'
	see '«'
	see '^« +PID ' # the first column stays
	while [ $n -gt 0 ]; do keys Left; n=$((n - 1)); done
	wait_gone '«'
	keys ]; wait_for '«'
	keys '['; wait_gone '«'
}

test_pause() {
	start 100 24 -d 0.2
	keys p
	wait_for PAUSED
	local before after
	before=$(screen)
	sleep 0.2; sleep 0.2; sleep 0.2
	after=$(screen)
	[ "$before" = "$after" ] || fail "the screen moves while paused"
	keys Down; wait_position '2/*'
	keys Enter; wait_for ' › Threads'
	see PAUSED
	keys Space
	wait_gone PAUSED
	wait_sample
}

test_interval() {
	start 100 24
	see '2\.0s'
	keys -; wait_for 'interval 1\.0 s'
	keys - - - -
	wait_for '0\.1s'
	keys -; wait_for 'interval 0\.1 s'
	for _ in 1 2 3 4 5 6 7 8 9 10; do keys +; done
	wait_for '60\.0s'
}

test_ended_rows_are_marked() {
	start 100 40
	wait_for '^ †'
}

test_keys_are_answered_at_once() {
	local took
	took=$(timeout 60 python3 tests/terminal/latency.py 60 "$BIN" --demo -d 0.1 -v files) || fail "$took"
	# the 90th percentile: the machine that runs the tests may be busy with others
	[ "$(cut -d. -f1 <<< "${took#* }")" -lt 50 ] || fail "median, 90th percentile, worst in ms: $took"
}
