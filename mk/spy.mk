# SPDX-License-Identifier: GPL-2.0-or-later
# programs that make calls and print the lines that the spy must show for them
SPYTEST := $(sort $(wildcard tests/spy/*.c))
SPYBIN  := $(SPYTEST:%.c=$(O)/%)

$(O)/tests/spy/%: tests/spy/%.c tests/spy/spy.h
	$(call say,SPY,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu17 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -Wno-nonnull -o $@ $< -lpthread

workloads: $(SPYBIN)
