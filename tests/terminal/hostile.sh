# SPDX-License-Identifier: GPL-2.0-or-later
# Names that try to talk to the terminal. The demo's mail system has some.

no_controls() { # after colours and such that the terminal itself reports
	! screen | LC_ALL=C grep -q '[[:cntrl:]]'
}

test_hostile_file_names() {
	start 140 40 -v files
	typed '\owned'
	wait_for 'x1b|\\e|\\033'
	wait_for 'owned'
	no_controls || fail "control characters on the screen"
	[ "$(t display -p '#{pane_title}')" != owned ] || fail "a file name set the terminal's title"
}

test_hostile_process_names() {
	start 140 60
	keys End; sleep 0.1
	no_controls || fail "control characters"
	keys '\'; typed 'oldmail'; keys Enter
	wait_for 'oldmail'
	no_controls || fail "control characters"
	for key in 2 4 5 6; do
		keys $key; sleep 0.1
		no_controls || fail "control characters in view $key"
	done
}

test_hostile_names_in_the_spy() {
	start 140 40 -v containers
	typed '/oldmail'; keys Enter; wait_selected oldmail
	keys d; wait_for '› dig'
	until_true eval '[ "$(screen | grep -c " = ")" -gt 5 ]' || fail "no calls"
	no_controls || fail "control characters in dig"
	keys BSpace; wait_gone '› dig'
	keys e; wait_for '› echo'
	sleep 0.2
	no_controls || fail "control characters in echo"
	keys x x; wait_for 'raw'
	sleep 0.2
	no_controls || fail "control characters in raw echo"
	[ "$(t display -p '#{pane_title}')" != owned ] || fail "the title was set"
}
