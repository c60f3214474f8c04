# SPDX-License-Identifier: GPL-2.0-or-later
# The mouse, as xterm reports it and as older terminals do.

test_click_header_sorts() {
	start 100 24
	click_text 'RES'
	wait_for 'RES▼'
	click_text 'RES'
	wait_for 'RES▲'
	click_text 'COMMAND'
	wait_for 'COMMAND▲'
}

test_click_row_selects() {
	start 100 24
	click 20 12
	wait_position '7/*'
	see 'ctop-trace +Processes '
}

test_double_click_drills() {
	start 100 24 -v containers
	local name
	name=$(screen | sed -n 8p | awk '{print $1}')
	double_click 5 8
	wait_for "Containers › $name › Processes"
}

test_two_slow_clicks_do_not_drill() {
	start 100 24 -v containers
	click 5 8; wait_position '3/*'
	sleep 0.2; sleep 0.2; sleep 0.2
	click 5 8
	sleep 0.2
	see_not ' › Processes'
}

test_wheel_scrolls() {
	start 100 24
	wheel down; wheel down
	wait_position '7/*'
	wheel up; wheel up; wheel up
	until_true eval 'screen | sed -n 6p | grep -q "^[▌ ]"' || fail "no rows"
}

test_click_bar_is_its_key() {
	start 100 24
	click_text 'views'
	wait_for 'Views of this selection'
	click 2 2 # beside it
	wait_gone 'Views of this selection'
	click_text 'help'
	wait_for 'Finding the way'
}

test_picker_with_the_mouse() {
	start 100 24
	keys v; wait_for 'Views of this selection'
	# shellcheck disable=SC2046
	set -- $(find_text 3\ Containers)
	click "$1" "$2"
	wait_for 'cgroup'
	double_click $(($1 + 2)) "$2"
	wait_for 'ctop-trace .*Containers'
}

test_old_mouse_reports() {
	ENVIRON="TERM=screen" start 100 24
	typed $'\e[M'"$(printf '\x20\x34\x2c')" # button 1 at column 20, line 12
	wait_position '7/*'
}

test_half_a_report() {
	start 100 24
	typed $'\e[<0;10;8'; sleep 0.2 # the rest does not come
	wait_sample # goes on all the same
	keys Down; wait_position '2/*'
	typed $'\e[<0;10'; sleep 0.2
	typed $';12M'; wait_position '7/*' # it comes late
	keys q; wait_dead
}

test_no_mouse() {
	start 100 24 --no-mouse
	[ "$(t display -p '#{mouse_any_flag}')" = 0 ] || fail "the mouse was taken"
	start 100 24
	[ "$(t display -p '#{mouse_any_flag}')" = 1 ] || fail "the mouse was not taken"
}
