# SPDX-License-Identifier: GPL-2.0-or-later
# Search and filter: as one types, cancelled, remembered, and wrong.

test_search() {
	start 100 24
	typed '/nginx'
	wait_selected nginx
	keys Enter
	wait_gone '^ search:'
	local first
	first=$(selected)
	keys n
	until_true eval '[ "$(selected)" != "$first" ]' || fail "n stays"
	is_selected nginx || fail "n went to $(selected)"
	keys N
	until_true eval '[ "$(selected | cut -c1-12)" = "$(cut -c1-12 <<< "$first")" ]' || fail "N does not go back"
}

test_search_is_smart_about_case() {
	start 100 24
	typed '/NGINX'
	wait_for 'not found'
	keys BSpace BSpace BSpace BSpace BSpace
	typed 'NginX'
	wait_for 'not found'
	keys Escape
	wait_gone '^ search:'
	typed '/redis'
	wait_selected redis
}

test_search_cancelled() {
	start 100 24
	keys Down Down; wait_position '3/*'
	typed '/dockerd'
	wait_selected dockerd
	keys Escape
	wait_position '3/*'
}

test_filter_text() {
	start 100 24
	typed '\postgres'
	wait_for 'filter \(text\): postgres'
	wait_for 'rows with "postgres"'
	until_true eval '[ "$(screen | sed -n "6,20p" | grep -E "^[▌ ] +[0-9]+ " | grep -vc postgres)" = 0 ]' ||
		fail "rows without the word"
	keys Enter
	wait_gone 'filter \(text\)'
	see 'rows with "postgres"'
	wait_sample
	see 'rows with "postgres"'
	keys Escape
	wait_gone 'rows with'
	wait_position '*/1[0-9][0-9]'
}

test_filter_expression() {
	start 100 24
	keys F4
	typed 'proc.name = nginx and container.name = shop-web'
	wait_for 'filter \(expression\)'
	until_true eval '[ "$(screen | grep -Ec "nginx (worker|-g)")" -ge 4 ]' || fail "no nginx"
	keys Enter
	see_not 'postgres|redis'
	keys Enter # drills; the filter stays behind
	wait_for ' › Threads'
	keys BSpace
	wait_for 'filter proc.name = nginx'
	keys Escape
	wait_gone 'filter proc.name'
	wait_for 'cc1'
}

test_filter_mistake_is_marked() {
	start 100 24
	typed '\proc.nam = nginx'
	wait_for "unknown field 'proc.nam'; did you mean 'proc.name'"
	screen_raw | tail -2 | grep -q $'\e\[[0-9;]*48;5;160m.*proc.nam' || fail "the place is not marked"
	keys Enter # does not accept it
	sleep 0.1
	see 'did you mean'
	see 'filter \(expression\)'
	keys Escape
	wait_gone 'did you mean'
	see_not '^ filter '
	wait_position '1/1[0-9][0-9]'
}

line_is() { screen | tail -1 | grep -Eq -- "^ filter( \([a-z]+\))?: $1 *\$"; }
wait_line() { until_true line_is "$1" || fail "the line is not: $1"; }

test_filter_completion() {
	start 100 24
	typed '\proc.na'; wait_for '^ Tab fields  proc\.name'
	see_not 'unknown field' # it is not wrong yet
	keys Tab; wait_line 'proc\.name'
	wait_for '^ Tab operators  =  ==  !=  exists  contains'
	typed 'star'; wait_for '^ Tab operators  startswith *$'
	keys Tab; wait_line 'proc\.name startswith'
	wait_for '^ Tab seen .*postgres  '
	typed 'ngi'; wait_for '^ Tab seen  nginx *$'
	keys Tab; wait_line 'proc\.name startswith nginx'
	wait_for '^ Tab next  and  or'
	keys Tab; wait_line 'proc\.name startswith nginx and'
	keys Tab; wait_line 'proc\.name startswith nginx or' # the next one
	keys BTab; wait_line 'proc\.name startswith nginx and'
	typed ' container.name in '; keys Tab; wait_line '.* container\.name in \('
	typed 'shop-w'; keys Tab; wait_line '.* in \(shop-web'
	wait_for '^ Tab next  ,  \)'
	typed ')'; keys Enter
	wait_gone '^ filter \('
	see '^ filter proc.name startswith nginx and container.name in \(shop-web \)'
	see 'nginx'
	see_not 'postgres'
}

test_filter_completion_quotes() {
	start 100 24
	typed '\proc.name = (sd'; wait_for "before '\\('" # bare, it is a mistake
	keys C-u
	typed 'proc.name = "(sd'; wait_for '^ Tab seen  "\(sd-pam\)"'
	keys Tab; wait_line 'proc\.name = "\(sd-pam\)"'
	keys Enter; wait_for '^ filter proc.name = "\(sd-pam\)"'
	wait_selected 'sd-pam'
}

test_filter_completion_types_first() {
	start 100 24
	typed '\proc.pid '; wait_for '^ Tab operators  =  ==  !=  <  <=  >  >=  exists  in  intersects *$'
	typed 'gl'; wait_for '^ Tab operators  glob *$'
	keys C-u; typed 'no.such'; keys Tab # nothing to complete
	wait_line 'no\.such'
}

test_filter_mistake_without_colour() {
	ENVIRON="NO_COLOR=1" start 100 24
	typed '\proc.pid > 5 adn proc.name = x'
	wait_for "expected 'and' or 'or'"
	screen_raw | tail -1 | grep -Eq $'\e\\[[0-9;]*7[0-9;]*m[^\e]*adn' || fail "the place is not marked: $(screen_raw | tail -1)"
	keys C-u; typed 'proc.pid > 5m'
	keys Enter; wait_for "'5m' is not a number; proc.pid is a number"
	typed ' '; keys BSpace BSpace; keys Enter
	wait_for '^ filter proc.pid > 5'
}

test_filter_half_typed_is_told_on_enter() {
	start 100 24
	typed '\proc.name = '
	sleep 0.1
	see_not 'expected a value'
	keys Enter; wait_for 'expected a value'
	typed 'x'; wait_gone 'expected a value'
	keys Enter; wait_for '^ filter proc.name = x'
}

test_filter_history_and_editing() {
	start 100 24
	typed '\nginx'; keys Enter
	wait_for 'rows with "nginx"'
	keys Escape; wait_gone 'rows with'
	typed '\redis'; keys Enter
	wait_for 'rows with "redis"'
	keys Escape; wait_gone 'rows with'
	keys '\'; wait_for '^ filter'
	keys Up; wait_for 'filter \(text\): redis'
	keys Up; wait_for 'filter \(text\): nginx'
	keys Home; typed x; wait_for ': xnginx'
	keys Right BSpace; wait_for ': xginx'
	keys C-u; wait_for ': ginx'
	keys C-k; wait_for '^ filter:  a word'
	typed 'größe'; wait_for ': größe'
	keys BSpace BSpace BSpace; wait_for ': gr *$'
	keys Escape
}

test_filter_from_the_command_line() {
	start 100 24 proc.name=nginx
	see 'filter proc.name *= *nginx'
	see_not 'postgres'
}

test_long_line_scrolls() {
	start 40 10
	typed '\aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff'
	wait_for 'ffffffffff'
	see_not 'aaaaaaaaaa'
}

# The cell cursor: what is on it, and whether it can be told from the rest of its row.
cell_is_marked() { # SGR of the cell, its text
	screen_raw | grep -aE '▌|>' | grep -Eq $'\e\\[[0-9;]*'"$1"$'[0-9;]*m *'"$2"
}
wait_cell() { until_true cell_is_marked "$1" "$2" || fail "no cell $2: $(screen_raw | grep -a '▌' | head -1 | cat -v)"; }

test_cell_cursor() {
	start 100 24
	typed '/postgres'; keys Enter; wait_selected postgres
	keys Escape
	! cell_is_marked '48;5;31' '' || fail "a cell is marked before any key"
	keys Right Right; wait_cell '48;5;31' postgres
	keys =; wait_for '^ filter user.name = "postgres"'
	until_true eval '[ "$(screen | sed -n "6,20p" | grep -E "^[▌ ] +[0-9]+ " | grep -vc postgres)" = 0 ]' || fail "others, too"
	wait_selected postgres
	cell_is_marked '48;5;31' postgres || fail "the cell cursor has gone"
	keys Tab '!' # S
	wait_for '^ filter user.name = "postgres" and not \(proc.state = "S"\)'
	keys BSpace; wait_gone 'proc.state'
	see '^ filter user.name = "postgres"'
	keys BSpace; wait_gone '^ filter'
	wait_selected postgres
	see_not 'this is the top'
	keys BSpace; wait_for 'this is the top'
}

test_cell_filters_compose_and_escape() {
	start 100 24
	typed '\proc.name = nginx or proc.name = postgres'; keys Enter
	wait_for '^ filter proc.name = nginx or'
	typed '/postgres'; keys Enter; wait_selected postgres
	keys L L '!'
	wait_for '^ filter \(proc.name = nginx or proc.name = postgres\) and not \(user.name = "postgres"\)'
	wait_selected nginx
	keys F4; wait_for 'filter \(expression\): \(proc.name' # typed ones and those of cells are one filter
	keys Escape; wait_gone 'filter \(expression\)'
	keys Escape; wait_gone '^ filter' # all of it
	wait_position '*/1[0-9][0-9]'
	keys BSpace; wait_for 'this is the top'
}

test_cell_without_a_value() {
	start 160 40 -v containers
	typed '/build'; keys Enter Escape
	wait_selected build
	local n=0 # to the last column, which has the image: there is none
	until cell_is_marked '48;5;31' $'– *(\e\\[[0-9;]*m| )*$' || [ $n -gt 30 ]; do
		keys L; n=$((n + 1)); sleep 0.05
	done
	keys '='; wait_for '^ filter not container.image exists'
	wait_position '1/2'
	keys BSpace; wait_gone '^ filter'
	wait_selected build
	keys '!'; wait_for '^ filter container.image exists'
	wait_position '1/4'
	see_not '^[▌ ] build '
}

test_cell_is_visible_everywhere() {
	ENVIRON="NO_COLOR=1" start 100 24
	typed '/postgres'; keys Enter; wait_selected postgres
	keys Right Right; wait_cell '[14]' postgres # the row is reversed, the cell is bold and underlined
	ENVIRON="TERM=xterm" start 100 24 # eight colours
	typed '/postgres'; keys Enter; wait_selected postgres
	keys Right Right; wait_cell '44' postgres
}

test_cell_of_a_list() {
	terminal 140 30 env -u NO_COLOR TZ=UTC LC_ALL=$UTF8 TERM=xterm-256color "$BIN" --demo -v file_opens
	wait_for 'following'
	wait_for ENOENT
	typed '/ENOENT'; keys Enter
	wait_for '^▌.*ENOENT'
	keys '='; wait_for 'choose a cell'
	keys Right Right '='
	wait_for ' filter evt.res = "ENOENT"'
	until_true eval '[ "$(screen | sed -n "4,29p" | grep -c SUCCESS)" = 0 ] && has ENOENT' || fail "opens that did not fail"
	keys BSpace; wait_gone 'filter evt.res'
	wait_for SUCCESS
}

test_filter_in_a_list() {
	terminal 140 30 env -u NO_COLOR TZ=UTC LC_ALL=$UTF8 TERM=xterm-256color "$BIN" --demo -v file_opens
	wait_for 'following'
	wait_for ENOENT
	keys F4; typed 'evt.res = '; wait_for '^ Tab seen  .*SUCCESS'
	typed 'ENO'; keys Tab; wait_for 'evt.res = ENOENT'
	keys Enter
	wait_for '^ filter evt.res = ENOENT'
	until_true eval '[ "$(screen | sed -n "4,29p" | grep -c SUCCESS)" = 0 ] && has ENOENT' || fail "opens that did not fail"
	sleep 0.3
	see_not SUCCESS
	keys Escape; wait_gone 'Esc clears'
	wait_for SUCCESS
	keys '\'; typed '/src/linux'; wait_for 'lines with "/src/linux"'
	keys Enter
	until_true eval '[ "$(screen | sed -n "4,29p" | grep -E "^.{3}14:" | grep -vc /src/linux)" = 0 ]' || fail "lines without the text"
	keys BSpace; wait_for 'this is the top'
}
