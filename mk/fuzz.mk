# SPDX-License-Identifier: GPL-2.0-or-later
# make fuzz       libFuzzer over what reads text from elsewhere (FUZZ=SECONDS for each target)

FUZZO := build-fuzz
FUZZT := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

fuzz:
	$(Q)$(MAKE) CC=clang SAN=1 O=$(FUZZO) CFLAGS='-g -O1 -fsanitize=fuzzer-no-link' \
		$(addprefix $(FUZZO)/tests/fuzz/,$(FUZZT))
	$(Q)mkdir -p $(FUZZO)/corpus/fuzz_views $(FUZZO)/corpus/fuzz_filter
	$(Q)cp views.json tests/data/views-*.json $(FUZZO)/corpus/fuzz_views
	$(Q)awk -F '|' '/\|/ && !/^#/ { f = "$(FUZZO)/corpus/fuzz_filter/" NR; printf "%s", $$1 > f; close(f) }' \
		tests/unit/filter.txt
	$(Q)set -e; for t in $(FUZZT); do \
		$(FUZZO)/tests/fuzz/$$t -max_total_time=$(or $(FUZZ),60) -max_len=16384 -timeout=10 -print_final_stats=1 \
			-artifact_prefix=$(FUZZO)/$$t- $(FUZZO)/corpus/$$t; done

$(FUZZO)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALLC) $(ALLL) -fsanitize=fuzzer -Itests -o $@ $< $(LIB) $(PKGLIB) -lpthread -lm

.PHONY: fuzz
