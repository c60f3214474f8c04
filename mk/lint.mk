# SPDX-License-Identifier: GPL-2.0-or-later
# make lint       clang-tidy (.clang-tidy) and cppcheck over src; what is let pass stands in tests/lint/allowed
# make valgrind   the unit tests under valgrind
# make coverage   unit tests and demo batches built with --coverage: share of lines run, by file

LINTC := -std=gnu17 -D_GNU_SOURCE '-DCTOP_VERSION=\"$(VERSION)\"' -Isrc -I$(O)
LINTSRC := $(SRC) src/main.c

lint: $(SKEL) $(PLAIN).skel.h
	$(Q)tests/lint/run "$(LINTC) $(PKGINC)" $(LINTSRC)

# Debian 12's valgrind knows neither openat2(2) nor pidfd_open(2), on which reading runtimes' files and acting on
# processes stand, and cannot go on when a seccomp filter refuses execve(2); make asan runs those tests
VALGRINDBIN := $(filter-out $(addprefix %/test_,runtime spawn rights),$(UNITBIN))

valgrind: $(VALGRINDBIN)
	$(Q)tests/lint/valgrind $(VALGRINDBIN)

coverage:
	$(Q)$(MAKE) O=build-cov CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage all unit
	$(Q)tests/lint/coverage build-cov

.PHONY: lint valgrind coverage
