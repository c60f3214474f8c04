# SPDX-License-Identifier: GPL-2.0-or-later
# The page about one container or process.

test_details_of_a_container() {
	start 120 30 -v containers
	keys Down
	wait_selected 'shop-web'
	keys i
	wait_for 'Container shop-web'
	see 'Identity'
	see 'Id +3f4a9c1be27d5a60c1f2e8b7d9a04c5e6f708192a3b4c5d6e7f8091a2b3c4d5e'
	see 'Image +acme/shop:3.2'
	typed '/limit'
	wait_for 'Memory limit +1.0G'
	keys Enter
	typed 'n'
	wait_for 'Memory % of limit +[0-9]'
	keys Escape
	keys G
	wait_for 'com.example.team +shop'
	keys g
	wait_for 'Engine +docker'
	wait_sample
	see 'Engine +docker'
	resize 70 20
	wait_for 'Container shop-web'
	resize 120 30
	keys BSpace
	wait_selected 'shop-web'
	see 'CONTAINER'
}

test_details_of_events() {
	start 120 40 -v lifecycle
	typed '/pg_isready'; keys Enter
	wait_selected 'shop-db'
	keys i
	wait_for 'Container shop-db'
	keys G
	wait_for 'exec-exited with 0: 61100 pg_isready -q'
	keys i
	wait_gone 'Container shop-db'
}

test_details_of_a_process() {
	start 120 50 -v processes
	typed '/redis'; keys Enter
	wait_selected 'redis'
	keys i
	wait_for 'Process redis-server [0-9]+'
	see 'Parents'
	see '[0-9]+ +/usr/bin/containerd-shim'
	see 'Pod +queue-0'
	keys Escape Escape
	wait_selected 'redis'
	# where a row is neither, the view is explained
	keys F2
	typed 'bindings'; keys Enter
	wait_for 'Port bindings'
	keys i
	wait_for 'Filter in force'
}

test_details_are_safe() {
	start 120 50 -v processes
	typed '/two'; keys Enter
	wait_selected 'two.x0alines'
	keys i
	wait_for 'Process two'
	see 'Executable +/tmp/two.x0alines'
}

# of this very machine, without its rights: the environment is hidden until it is asked for
test_details_environment() {
	[ "$(id -u)" = 0 ] || return 0
	SECRET_WORD=for_nobody sleep 1000 &
	local pid=$!
	terminal 120 60 env TERM=xterm-256color LC_ALL=$UTF8 "$BIN" -v processes -p $pid
	wait_for '[0-9]+/[0-9]+ *$'
	wait_for "$pid .*sleep"
	keys i
	wait_for "Process sleep $pid"
	wait_for 'Root directory'
	typed '/SECRET_WORD'; keys Enter
	wait_for 'SECRET_WORD +…'
	see_not 'for_nobody'
	typed E
	wait_for 'SECRET_WORD +for_nobody'
	typed E
	wait_gone 'for_nobody'
	kill $pid
	wait_for 'has ended'
	see 'SECRET_WORD'
}

# how much of its limit a container uses
test_bars_of_limits() {
	start 140 24 -v containers
	see 'QUOTA% .*MEM%'
	see 'shop-web .* ▇▇▇▇▇ +90.1'
	see 'queue .* ▇ +18.7 .* ▇▇▇▇ +83.5'
	see_not 'build .*▇ +–'
	resize 80 24
	wait_for 'shop-db +[0-9.]+ '
}
