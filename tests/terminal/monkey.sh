# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever is typed, clicked and resized: it lives, and ends when told to.

test_random_input() {
	local seed out
	for seed in 1 2 109 110; do # the last two once found a clear while paused
		out=$(timeout 100 python3 tests/terminal/monkey.py $seed 700 "$BIN" --demo --read-only -d 0.1 2>&1) || fail "$out"
	done
}
