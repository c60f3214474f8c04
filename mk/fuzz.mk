# SPDX-License-Identifier: GPL-2.0-or-later
# make fuzz          libFuzzer over what reads text from elsewhere (FUZZ=SECONDS for each target, ONLY=fuzz_views)
# make fuzz-replay   the inputs kept in tests/fuzz/corpus once more, without libFuzzer; part of make test

FUZZO := build-fuzz
FUZZT := $(or $(ONLY),$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
SEEDS := $(FUZZO)/seeds
REPLAY := $(patsubst tests/fuzz/fuzz_%.c,$(O)/tests/fuzz/replay_%,$(wildcard tests/fuzz/fuzz_*.c))

fuzz: fuzz-seeds
	$(Q)$(MAKE) CC=clang SAN=1 O=$(FUZZO) CFLAGS='-g -O1 -fsanitize=fuzzer-no-link' \
		$(addprefix $(FUZZO)/tests/fuzz/,$(FUZZT))
	$(Q)set -e; for t in $(FUZZT); do \
		mkdir -p $(FUZZO)/corpus/$$t tests/fuzz/corpus/$$t $(SEEDS)/$$t; \
		echo "=== $$t"; \
		$(FUZZO)/tests/fuzz/$$t -max_total_time=$(or $(FUZZ),60) -max_len=16384 -timeout=10 -print_final_stats=1 \
			-artifact_prefix=$(FUZZO)/$$t- $(FUZZO)/corpus/$$t tests/fuzz/corpus/$$t $(SEEDS)/$$t; done

# what other tests read is a good start
fuzz-seeds:
	$(Q)mkdir -p $(SEEDS)/fuzz_views $(SEEDS)/fuzz_filter $(SEEDS)/fuzz_cgroup $(SEEDS)/fuzz_runtime
	$(Q)tests/fuzz/runtime-seeds tests/data/runtimes $(SEEDS)/fuzz_runtime
	$(Q)cp views.json tests/data/views-*.json $(SEEDS)/fuzz_views
	$(Q)awk -F '|' '/\|/ && !/^#/ { f = "$(SEEDS)/fuzz_filter/" NR; printf "%s", $$1 > f; close(f) }' tests/unit/filter.txt
	$(Q)awk '/\// && !/^#/ { f = "$(SEEDS)/fuzz_cgroup/" NR; print $$NF > f; close(f) }' tests/unit/cgroup-paths.txt

fuzz-replay: $(REPLAY)
	$(Q)set -e; for t in $(REPLAY); do n=$${t##*/replay_}; $$t tests/fuzz/corpus/fuzz_$$n; done

$(FUZZO)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard tests/fuzz/*.h) $(LIB)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALLC) $(ALLL) -fsanitize=fuzzer -Itests -o $@ $< $(LIB) $(PKGLIB) -lpthread -lm

$(O)/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(wildcard tests/fuzz/*.h) $(LIB)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALLC) $(ALLL) -Itests -o $@ $< tests/fuzz/replay.c $(LIB) $(PKGLIB) -lpthread -lm

.PHONY: fuzz fuzz-seeds fuzz-replay
