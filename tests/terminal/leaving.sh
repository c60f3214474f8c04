# SPDX-License-Identifier: GPL-2.0-or-later
# Every way out leaves a sane terminal behind.

# Runs the program inside a shell that notes the terminal's modes before and after.
start_noting() {
	terminal 100 24 "sh -c 'trap : INT QUIT; stty -a >$DIR/before; TZ=UTC LC_ALL=$UTF8 TERM=xterm-256color $BIN --demo; echo status \$? >$DIR/status; stty -a >$DIR/after; sleep 100'"
	wait_for '[0-9]+/[0-9]+ *$'
}
inner() { pgrep -f -- "^$BIN --demo" | while read -r p; do grep -q "$DIR" "/proc/$(ps -o ppid= -p "$p" | tr -d ' ')/cmdline" 2>/dev/null && echo "$p"; done; }
modes_noted() { [ -s "$DIR/after" ]; }
check_sane() {
	until_true modes_noted || fail "does not end"
	cmp -s "$DIR/before" "$DIR/after" || fail "modes differ: $(diff "$DIR/before" "$DIR/after" | tr '\n' ' ')"
	[ "$(t display -p '#{alternate_on}')" = 0 ] || fail "still on the alternate screen"
	[ "$(t display -p '#{mouse_any_flag}')" = 0 ] || fail "the mouse is still taken"
	[ "$(t display -p '#{cursor_flag}')" = 1 ] || fail "the cursor is hidden"
	[ "$(t display -p '#{keypad_cursor_flag}')" = 0 ] || fail "the keypad is still in application mode"
}

test_quit() {
	start_noting
	keys q
	check_sane
	grep -q 'status 0' "$DIR/status" || fail "$(cat "$DIR/status")"
}

test_f10_quits() {
	start_noting
	keys F10
	check_sane
}

test_ctrl_c() {
	start_noting
	keys C-c
	check_sane
}

test_ctrl_backslash() {
	start_noting
	keys 'C-\'
	check_sane
}

test_kill_term() {
	start_noting
	kill -TERM "$(inner)"
	check_sane
	grep -q 'status 0' "$DIR/status" || fail "$(cat "$DIR/status")"
}

test_kill_term_in_a_spy() {
	start_noting
	keys d; wait_for '› dig'
	kill -TERM "$(inner)"
	check_sane
}

test_crashes() {
	local sig
	for sig in SEGV ABRT BUS; do
		rm -f "$DIR/after"
		start_noting
		kill -$sig "$(inner)"
		check_sane
		grep -q 'status 1[0-9][0-9]' "$DIR/status" || fail "died of $sig, but $(cat "$DIR/status")"
	done
}

test_hangup() {
	start 80 24
	local pid
	pid=$(program)
	t kill-server
	until_true eval "! kill -0 $pid 2>/dev/null" || { kill -9 "$pid"; fail "lives on without a terminal"; }
}

test_suspend_and_resume() {
	terminal 100 24 "env LC_ALL=$UTF8 TERM=xterm-256color PS1='prompt% ' bash --norc --noprofile -i"
	wait_for 'prompt%'
	typed "stty -a >$DIR/before"; keys Enter
	typed "$BIN --demo"; keys Enter
	wait_for '[0-9]+/[0-9]+ *$'
	keys Down Down; wait_position '3/*'
	keys C-z
	wait_for 'Stopped'
	typed "stty -a >$DIR/after"; keys Enter
	until_true modes_noted || fail "the shell does not answer"
	cmp -s "$DIR/before" "$DIR/after" || fail "modes differ: $(diff "$DIR/before" "$DIR/after" | tr '\n' ' ')"
	[ "$(t display -p '#{alternate_on}')" = 0 ] || fail "still on the alternate screen"
	[ "$(t display -p '#{mouse_any_flag}')" = 0 ] || fail "the mouse is still taken"
	resize 80 30
	typed fg; keys Enter
	wait_for 'ctop-trace +Processes'
	wait_position '3/*'
	keys Down; wait_position '4/*'
	[ "$(t display -p '#{mouse_any_flag}')" = 1 ] || fail "the mouse was not taken again"
	keys q
	wait_for 'prompt%'
}

test_stop_and_cont_from_outside() {
	start_noting
	local pid
	pid=$(inner)
	kill -STOP "$pid"; sleep 0.1
	kill -CONT "$pid"
	keys Down; wait_position '2/*'
	keys q
	check_sane
}
