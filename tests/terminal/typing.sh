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
