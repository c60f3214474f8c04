# SPDX-License-Identifier: GPL-2.0-or-later
# make test-kernels   boots Debian's kernels in qemu and runs the same binary there; KERNELS="6.1:v2 7.2" for some of them

test-kernels: all workloads
	$(Q)tests/kernels/run $(KERNELS)

.PHONY: test-kernels
