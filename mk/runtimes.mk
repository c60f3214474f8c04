# SPDX-License-Identifier: GPL-2.0-or-later
# make test-runtimes   containers of real runtimes, installed first (Debian, root); ONLY=PATTERN for some

test-runtimes: all workloads
	$(Q)packaging/deps.sh runtimes
	$(Q)tests/runtimes/run $(ONLY)

.PHONY: test-runtimes
