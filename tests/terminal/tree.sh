# SPDX-License-Identifier: GPL-2.0-or-later
# Trees: t, folding, selection, drill-down.

test_tree_of_containers() {
	start 120 70 -v containers
	keys Down Down
	wait_selected '^ .?shop-db'
	keys t
	wait_for '├─ postgres'
	wait_selected '^ .?shop-db'
	see '└─ queue'
	local n
	n=$(position)
	keys z
	wait_gone '├─ postgres'
	wait_selected 'shop-db'
	see '\+ shop-db'
	[ "${n#*/}" != "$(position | cut -d/ -f2)" ] || fail "as many rows as before"
	wait_sample
	see '\+ shop-db'
	see_not '├─ postgres'
	keys z
	wait_for '├─ postgres'
	keys Down
	wait_selected 'postgres'
	keys Enter
	wait_for 'Threads'
	see 'postgres [0-9]+'
	keys BSpace
	wait_for '├─ postgres'
	wait_selected 'postgres'
	keys Z
	wait_gone '─ '
	see '\+ queue-0'
	keys t
	wait_for 'IMAGE'
	wait_gone '\+ queue-0'
	wait_selected 'shop-db'
}

test_tree_of_processes() {
	start 120 40 -v processes --tree
	wait_for '├─ '
	see '│ ├─ |│ └─ '
	keys /
	typed redis
	keys Enter
	wait_selected 'redis'
	typed ','
	wait_selected 'redis'
	see '├─ '
	keys F2
	typed 'Conn'; keys Enter
	wait_for 'LOCAL|CLIENT|CONN'
	keys t
	wait_for 'has no tree'
	keys z
	wait_for 't shows a tree'
}

test_tree_in_ascii() {
	start 120 40 -v containers --tree --ascii
	wait_for '\|- postgres'
	LC_ALL=C see_not '[^ -~]'
}
