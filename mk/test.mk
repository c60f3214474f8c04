# SPDX-License-Identifier: GPL-2.0-or-later
# make test       everything, with what it needs installed first (Debian, root)
# make check      the same without installing anything
# make e2e        end-to-end tests only; ONLY=PATTERN for some of them
# make asan       unit tests and a demo run under ASan and UBSan
# make bench      what it costs, beside others; writes docs/performance.md (QUICK=1: a few minutes less)
# make soak       half an hour of mixed load (SOAK=SECONDS)

$(WORKBIN): tests/workload/truth.h

test:
	$(Q)if [ -x packaging/deps.sh ]; then packaging/deps.sh test; fi
	$(Q)tests/run-all
check:
	$(Q)tests/run-all
asan:
	$(Q)tests/run-all san
e2e: all workloads
	$(Q)tests/e2e/run $(ONLY)
soak: all workloads
	$(Q)SOAK=$(or $(SOAK),1800) tests/e2e/run case_soak
bench: all workloads
	$(Q)bench/run $(if $(QUICK),--quick)

.PHONY: test check asan e2e soak bench
