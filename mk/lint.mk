# SPDX-License-Identifier: GPL-2.0-or-later
# make lint       clang-tidy (.clang-tidy) and cppcheck over src; what is let pass stands in tests/lint/allowed
# make valgrind   the unit tests under valgrind
# make coverage   unit tests and demo batches built with --coverage: share of lines run, by file

LINTC := -std=gnu17 -D_GNU_SOURCE '-DCTOP_VERSION=\"$(VERSION)\"' -Isrc -I$(O)
LINTSRC := $(SRC) src/main.c

lint: $(SKEL) $(PLAIN).skel.h
	$(Q)tests/lint/run "$(LINTC) $(PKGINC)" $(LINTSRC)

# Debian 12's valgrind does not know openat2(2), which reading runtimes' files stands on; make asan runs that test
VALGRINDBIN := $(filter-out %/test_runtime,$(UNITBIN))

valgrind: $(VALGRINDBIN)
	$(Q)set -e; for t in $(VALGRINDBIN); do echo "$$t"; valgrind -q --error-exitcode=9 --leak-check=full \
		--errors-for-leak-kinds=definite --suppressions=tests/lint/valgrind.supp $$t > $(O)/valgrind.log 2>&1 || \
		{ s=$$?; cat $(O)/valgrind.log; exit $$s; }; done

coverage:
	$(Q)$(MAKE) O=build-cov CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage all unit
	$(Q)tests/lint/coverage build-cov

.PHONY: lint valgrind coverage
