# SPDX-License-Identifier: GPL-2.0-or-later
# make test       everything, with what it needs installed first (Debian, root)
# make check      the same without installing anything
# make e2e        end-to-end tests only; ONLY=PATTERN for some of them
# make asan       what of it runs under ASan and UBSan: unit, command line, terminal, end-to-end and runtimes' tests
# make bench      what it costs, beside others; writes docs/performance.md (QUICK=1: a few minutes less)
# make soak       half an hour of mixed load (SOAK=SECONDS)

$(WORKBIN): tests/workload/truth.h

# programs without a C library; for 32 bit the compiler is enough, no packages
BARE := $(O)/tests/workload/bare32 $(O)/tests/workload/bare64
workloads: $(BARE)
$(BARE): $(O)/tests/workload/bare%: tests/workload/bare/bare.c tests/workload/bare/bare.h
	$(call say,LOAD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -m$* -Os -ffreestanding -fno-stack-protector -fno-pic -static -nostdlib \
		-Wall -Wextra -Werror -o $@ $<

test:
	$(Q)if [ -x packaging/deps.sh ]; then packaging/deps.sh runtimes; fi
	$(Q)tests/run-all
check:
	$(Q)tests/run-all
asan:
	$(Q)tests/run-all san san-e2e san-runtimes
e2e: all workloads
	$(Q)tests/e2e/run $(ONLY)
soak: all workloads
	$(Q)SOAK=$(or $(SOAK),1800) tests/e2e/run case_soak
bench:
	$(Q)if [ -x packaging/deps.sh ]; then packaging/deps.sh bench; fi
	$(Q)$(MAKE) --no-print-directory all workloads benchbin
	$(Q)bench/run $(if $(QUICK),--quick)

.PHONY: test check asan e2e soak bench benchbin

$(O)/bench/probe.bpf.o: bench/probe.bpf.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Werror \
		-I/usr/include/$(shell $(CC) -dumpmachine) -c -o $@ $<
$(O)/bench/%: bench/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o $@ $< -lbpf -lelf -lz
$(O)/bench/group: bench/group.c $(LIB)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALLC) $(ALLL) -o $@ $< $(LIB) $(PKGLIB) -lpthread -lm
benchbin: $(O)/bench/probe.bpf.o $(O)/bench/probe $(O)/bench/loop $(O)/bench/group $(O)/bench/conns $(O)/bench/storm
