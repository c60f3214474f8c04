# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever is typed, clicked and resized: it lives, and ends when told to.

test_random_input() {
	local seed out
	for seed in 1 2 3 4; do
		out=$(timeout 100 python3 tests/terminal/monkey.py $seed 500 "$BIN" --demo --read-only -d 0.1 2>&1) || fail "$out"
	done
}
