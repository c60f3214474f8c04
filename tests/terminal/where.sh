# SPDX-License-Identifier: GPL-2.0-or-later
# -pc and -pk on the screen.

test_pc_says_which_container() {
	start 120 30 -pc -v syscalls
	see 'SYSCALL +CONTAINER'
	see 'epoll_wait +shop-web'
	keys d
	wait_for '^ [0-9:.]{15} (shop|queue|host|build|metrics)'
	keys BSpace
	wait_gone '› dig'
	keys F2
	typed 'bindings'; keys Enter
	wait_for 'Port bindings'
	see 'CONTAINER'
}

test_pk_says_which_pod() {
	start 120 30 -pk -v containers
	see 'CONTAINER +NAMESPACE .*POD'
	see 'queue .*shop .*queue-0'
}
