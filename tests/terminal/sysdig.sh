# SPDX-License-Identifier: GPL-2.0-or-later
# What ends csysdig or leads it astray: see docs/compared.md.

# All keys but those that leave; what one opened is closed, not by Escape: with the next key that would be another one.
all_keys() {
	local k
	for k in F1 F2 F3 F4 F5 F6 F7 F8 F9 F11 F12 Tab BTab Left Right Home End PageUp PageDown Up Down Enter \
		'!' '"' '#' '$' '%' '&' "'" '(' ')' '*' + , - . / : '<' '=' '>' '?' @ '[' '\' ']' '^' _ '`' '{' '|' '}' '~' \
		a b c d e f g h i j k l m n o p r s t u v w x y z A B C D E F G H I J K L M N O P R S T U V W X Y Z '!' @ '#' '$' '%' '^' '&' '*' '(' ')'; do
		printf '%s\n' "$k" C-g BSpace
	done
}

ended_well() { [ "$(cat "$DIR/status" 2>/dev/null)" = 0 ]; }

# in a view without its image column, on a narrow screen, beyond the last column: it goes on
test_every_key_in_every_kind_of_view() {
	local view
	mapfile -t all < <(all_keys)
	for view in containers_errors processes cpus overview lifecycle; do
		rm -f "$DIR/status"
		terminal 70 20 "sh -c 'TZ=UTC LC_ALL=$UTF8 TERM=xterm-256color $BIN --demo --read-only -v $view; echo \$? >$DIR/status; sleep 100'"
		wait_for '[0-9]+/[0-9]+ *$'
		keys -- "${all[@]}"
		keys C-l
		keys Escape; keys Escape; keys Escape; keys '?'
		wait_for 'Finding the way'
		[ ! -e "$DIR/status" ] || fail "$view: it ended"
		keys Escape; wait_gone 'Finding the way'
		keys q
		until_true ended_well || fail "$view: exit status $(cat "$DIR/status")"
	done
}

# Drilled into, dug and listened to: names that would be a mistake in a filter
test_names_that_look_like_filters() {
	local key
	start 140 40 -v files
	typed '\owned'; keys Enter
	typed '/owned'; keys Enter; wait_selected owned
	for key in d e; do
		keys $key; wait_for '› (dig|echo)'
		see_not 'unknown field|mistake|expected'
		keys BSpace; wait_gone '› (dig|echo)'
		wait_selected owned
	done
	keys Enter; wait_for ' › Processes'
	wait_position '*/[1-9]*'
}

# Escape changes nothing, nor does another size
test_leaving_the_picker() {
	start 100 30 -v files
	keys v; wait_for 'Views of this selection'
	keys Down Down Down
	keys Escape; wait_gone 'Views of this selection'
	see 'ctop-trace +Files'
	keys v; wait_for 'Views of this selection'
	keys Down Down
	resize 60 16; wait_gone 'ctop-trace +Files'; see 'Views of this'
	resize 100 30; wait_for 'ctop-trace +Files'
	wait_for 'Views of this selection'
	keys Escape; wait_gone 'Views of this selection'
	see 'ctop-trace +Files'
}
