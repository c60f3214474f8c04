# SPDX-License-Identifier: GPL-2.0-or-later
# make            build ./ctop-trace (BPF programs and stock views inside)
# make run        install what is missing (Debian), build, open the monitor
# make test       install what the tests need, build, run all of them
# make V=1        show commands;  O=DIR build elsewhere;  SAN=1 with ASan + UBSan

O       ?= build
CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKGS    := libbpf libelf jansson ncursesw libpcre2-8
VERSION := 0.1.0
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

comma   := ,
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
        -Wformat=2 -Wvla -Wundef -Wpointer-arith -Wimplicit-fallthrough -Wno-unused-parameter
CFLAGS  ?= -O2 -g
HARDEN  := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANFL   := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
PKGINC   = $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKGLIB   = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lz
ALLC     = -std=gnu17 -D_GNU_SOURCE -DCTOP_VERSION='"$(VERSION)"' $(WARN) $(CFLAGS) $(HARDEN) $(SANFL) -Isrc -I$(O) $(PKGINC)
# what libubsan reports does not go where libasan is told to write unless both are one
SANLD   := $(if $(SAN),$(if $(findstring clang,$(CC)),,-static-libasan -static-libubsan))
ALLL     = -pie -Wl,-z,relro,-z,now $(SANFL) $(LDFLAGS)

PROG    := $(if $(filter build,$(O)),,$(O)/)ctop-trace
BPF_OBJ := $(O)/ctop.bpf.o
SKEL    := $(O)/ctop.skel.h
PLAIN   := $(O)/ctop_plain
SPY     := $(O)/ctop_spy
SRC     := $(sort $(wildcard src/bpf/*.c src/core/*.c src/views/*.c src/ui/*.c src/*.c))
SRC     := $(filter-out %.bpf.c src/main.c,$(SRC))
OBJ     := $(SRC:%.c=$(O)/%.o)
LIB     := $(O)/libctop.a
UNIT    := $(sort $(wildcard tests/unit/test_*.c))
UNITBIN := $(UNIT:%.c=$(O)/%)
WORK    := $(sort $(wildcard tests/workload/*.c))
WORKBIN := $(WORK:%.c=$(O)/%)

.DELETE_ON_ERROR:
.SECONDARY:
all: $(PROG)

$(PROG): $(O)/src/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALLL) $(SANLD) -o $@ $^ $(PKGLIB) -lpthread -lm

$(LIB): $(OBJ) $(O)/stock_views.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(O)/%.o: %.c | $(SKEL) $(PLAIN).skel.h $(SPY).skel.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALLC) -MMD -MP -c -o $@ $<

BPFCC    = $(CLANG) -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Werror -Wno-unused-function \
           -Wno-gnu-variable-sized-type-not-at-end -Isrc -I/usr/include/$(shell gcc -dumpmachine)
BPFHDR  := $(wildcard src/bpf/*.bpf.h) src/bpf/wire.h

# ctop.bpf.c twice: the plain object is for kernels before 6.2, see object.bpf.h
$(BPF_OBJ): src/bpf/ctop.bpf.c $(BPFHDR)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D) && $(BPFCC) -c -o $@ $<
$(PLAIN).bpf.o: src/bpf/ctop.bpf.c $(BPFHDR)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D) && $(BPFCC) -DCTOP_PLAIN -c -o $@ $<
$(SPY).bpf.o: src/bpf/spy.bpf.c $(BPFHDR)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D) && $(BPFCC) -c -o $@ $<

$(SKEL): $(BPF_OBJ)
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name ctop_bpf > $@
# one skeleton says where the variables of both are: they have to lie alike
LAYOUT = sed -n '/^\tstruct $(1)__[a-z]* {/,/^\t}/{s/$(1)__//;p;}' $(2)
$(PLAIN).skel.h: $(PLAIN).bpf.o $(SKEL)
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name ctop_plain > $@.new
	$(Q)[ "$$($(call LAYOUT,ctop_bpf,$(SKEL)))" = "$$($(call LAYOUT,ctop_plain,$@.new))" ] || \
		{ echo "$<: its variables do not lie as in $(BPF_OBJ)" >&2; exit 1; }
	$(Q)mv $@.new $@
$(SPY).skel.h: $(SPY).bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name ctop_spy > $@

# the stock views, byte for byte, as a C array
$(O)/stock_views.c: views.json
	$(call say,EMBED,$@)
	$(Q)mkdir -p $(@D) && { echo 'extern const unsigned char stock_views[]; extern const unsigned long stock_views_len;'; \
	echo 'const unsigned char stock_views[] = {'; od -An -v -tx1 $< | sed 's/ \(..\)/0x\1,/g'; echo '0};'; \
	echo "const unsigned long stock_views_len = $$(wc -c < $<);"; } > $@
$(O)/stock_views.o: $(O)/stock_views.c
	$(Q)$(CC) $(ALLC) -c -o $@ $<

$(O)/tests/unit/%: tests/unit/%.c $(LIB)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALLC) $(ALLL) -Itests -MMD -MP -o $@ $< $(LIB) $(PKGLIB) -lcmocka -lpthread -lm

$(O)/tests/workload/%: tests/workload/%.c
	$(call say,LOAD,$@)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -o $@ $< -lpthread

unit: $(UNITBIN)
workloads: $(WORKBIN)

clean:
	rm -rf $(O) $(PROG)

include $(wildcard mk/*.mk)

-include $(OBJ:.o=.d) $(O)/src/main.d $(UNITBIN:=.d)
.PHONY: all unit workloads clean
