# Kinglet: `make` builds build/kinglet, the static release binary. `make help` lists the rest.

VERSION   := 0.1.0
DATE      := 2026-11-25
PREFIX    ?= /usr/local
# The release build is gcc and lld over musl: clang 14 and 16, with or without -flto, came out 1 to 4 % larger.
MUSL_CC   ?= gcc
TRIPLE    ?= x86_64-linux-musl
MUSL_INC  ?= /usr/include/$(TRIPLE)
MUSL_LIB  ?= /usr/lib/$(TRIPLE)
LIBGCC    := $(shell $(MUSL_CC) -print-libgcc-file-name 2>/dev/null)
GCC_INC   := $(shell $(MUSL_CC) -print-file-name=include 2>/dev/null)
# lld folds identical functions and lays what waits together; where it does not know the machine, LINKER= leaves it to the compiler's own linker.
LINKER    ?= -fuse-ld=lld -Wl,--icf=all,--symbol-ordering-file=src/init/idle.order,--no-warn-symbol-ordering
HOST_CC   ?= clang
O         ?= build
export PYTHON ?= /usr/bin/python3
export KINGLET := $(abspath $(O))/kinglet

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum \
	-Wvla -Wformat=2 -Wundef $(if $(CI),-Werror)
DEFS := -std=c11 -D_GNU_SOURCE -DKINGLET_VERSION='"$(VERSION)"' -Iinclude -MMD -MP -ffile-prefix-map=$(CURDIR)=.
# No CET: the loader asks for its marks only where the C library is built for it too, and musl is not.
HARD := -fPIE -fstack-protector-strong -fstack-clash-protection $(if $(findstring x86_64,$(TRIPLE)),-fcf-protection=none -malign-data=abi -mgeneral-regs-only)
SMALL := -Oz -fno-move-loop-invariants -fno-expensive-optimizations -fno-caller-saves -fno-optimize-sibling-calls -fno-tree-tail-merge -fno-tree-loop-im \
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables -fomit-frame-pointer -fno-ident -fvisibility=hidden -fmerge-all-constants
MUSL_CFLAGS = $(DEFS) $(WARN) $(HARD) $(SMALL) -nostdinc -isystem $(MUSL_INC) -isystem $(GCC_INC) $(CFLAGS)
MUSL_LDFLAGS = -nostdlib -static-pie $(LINKER) -Wl,-z,relro,-z,now,-z,noexecstack,--no-dynamic-linker \
	-Wl,--gc-sections,--build-id=none,-O2,-s,-Map=$@.map $(LDFLAGS)
HOST_CFLAGS = $(DEFS) $(WARN) -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

SRC   := $(sort $(wildcard src/*.c src/*/*.c))
OBJ   := $(SRC:src/%.c=$(O)/obj/%.o)
HOBJ  := $(patsubst src/%.c,$(O)/host/%.o,$(filter-out src/main.c,$(SRC)))
UNIT  := $(patsubst tests/unit/%.c,$(O)/unit/%,$(wildcard tests/unit/test_*.c))
EFFECT := $(patsubst tests/effect/%.c,$(O)/effect/%,$(wildcard tests/effect/test_*.c))
FUZZ  := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
CSRC  := $(SRC) $(wildcard include/kinglet/*.h tests/*/*.[ch])

DATA  := src/kinglet.1 $(O)/kinglet.bash $(O)/_kinglet

all: $(O)/kinglet $(DATA) ## the static release binary, build/kinglet

$(O)/kinglet: $(OBJ)
	@echo '  LINK $@'; $(MUSL_CC) $(MUSL_LDFLAGS) -o $@ $(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o $(OBJ) \
		-Wl,--start-group $(MUSL_LIB)/libc.a $(LIBGCC) -Wl,--end-group $(MUSL_LIB)/crtn.o
	@! readelf -lhd $@ | grep -E 'INTERP|NEEDED|Type: +EXEC' || { rm $@; echo "$@ is not a static PIE" >&2; exit 1; }

# One source for both shells: the option tables themselves.
TABLES := src/cli/run_options.c src/probe/check.c $(wildcard src/audit/audit.c)
$(O)/kinglet.bash $(O)/_kinglet: src/cli/completion.awk $(TABLES)
	@mkdir -p $(@D)
	@awk -v shell=$(if $(findstring bash,$@),bash,zsh) -f $< $(TABLES) >$@
$(O)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo '  CC   $<'; $(MUSL_CC) $(MUSL_CFLAGS) -c -o $@ $<

$(O)/host/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo '  HOST $<'; $(HOST_CC) $(HOST_CFLAGS) -c -o $@ $<

$(O)/libkinglet.a: $(HOBJ)
	@rm -f $@
	@ar rcs $@ $^

$(O)/unit/%: tests/unit/%.c $(O)/libkinglet.a
	@mkdir -p $(@D)
	@echo '  HOST $<'; $(HOST_CC) $(HOST_CFLAGS) -Itests/unit -o $@ $< $(O)/libkinglet.a -lcmocka

# An effect test names in a line `wrap: A B C` the functions that it takes the place of.
$(O)/effect/%: tests/effect/%.c $(O)/libkinglet.a
	@mkdir -p $(@D)
	@echo '  HOST $<'; $(HOST_CC) $(HOST_CFLAGS) -o $@ $< $(O)/libkinglet.a -lcmocka \
		$(addprefix -Wl$(comma)--wrap=,$(shell sed -n 's/.*wrap: *//p' $<))
comma := ,

$(O)/fuzz/%: tests/fuzz/%.c $(filter-out src/main.c,$(SRC))
	@mkdir -p $(@D)
	@echo '  FUZZ $<'; clang $(DEFS) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $^

# The unit tests on another machine's own C library, for tests/dist/build.
$(O)/cross/%: tests/unit/%.c $(OBJ)
	@mkdir -p $(@D)
	@$(MUSL_CC) $(filter-out -mgeneral-regs-only,$(MUSL_CFLAGS)) -w -Itests/dist -Itests/unit -nostdlib -static $(LDFLAGS) -o $@ $(MUSL_LIB)/crt1.o $(MUSL_LIB)/crti.o $< \
		$(filter-out %/main.o,$(OBJ)) -Wl,--start-group $(MUSL_LIB)/libc.a $(LIBGCC) -Wl,--end-group $(MUSL_LIB)/crtn.o
cross: $(O)/kinglet $(patsubst tests/unit/%.c,$(O)/cross/%,$(wildcard tests/unit/test_*.c))

EACH := sh -c 'for t; do $$t || bad=1; done; exit $$bad' sh

check: check-unit check-effect check-lint check-docs check-dist check-system check-docker check-fuzz layers ## every test
check-unit: $(UNIT) ## pure modules
	@tests/tally unit $(EACH) $^
check-effect: $(EFFECT) ## order of system calls, refusal at the first failure
	@tests/tally effect $(EACH) $^
check-docs: $(O)/kinglet $(DATA) ## manual, README, help, completion: what they say is so
	@tests/tally docs $(PYTHON) -m pytest tests/docs
check-dist: $(O)/kinglet $(DATA) ## installation, package, size, the same bytes twice, a machine of 32 bits
	@tests/tally dist $(PYTHON) -m pytest tests/dist
	@tests/tally machines tests/dist/build $(VERSION) i386
check-system: $(O)/kinglet ## the real binary as PID 1 of new PID namespaces
	@tests/tally system $(PYTHON) -m pytest tests/system
check-docker: $(O)/kinglet ## real images under a real Docker daemon
	@tests/tally docker $(PYTHON) -m pytest tests/docker
check-fuzz: $(FUZZ) ## a bounded run of every fuzzer
	@tests/tally fuzz tests/fuzz/run 20000 $^
fuzz: $(FUZZ) ## ten minutes of every fuzzer
	@tests/fuzz/run 600s $^
check-lint:
	@tests/tally lint tests/lint $(MAKE)
layers: $(O)/kinglet ## a module knows only those below it
	@tests/tally layers tests/layers $(O)/obj
coverage sanitized analyze: ## what the tests reach; they under ASan, UBSan and valgrind; gcc's and clang's analysers
	@tests/$@
bench: $(O)/kinglet ## figures beside the peers, in one run, with a plot
	@tests/bench/run $(O)
lint: ## clang-format, clang-tidy, cppcheck, shellcheck-free of findings
	clang-format --dry-run --Werror $(CSRC)
	clang-tidy --quiet $(SRC) -- $(DEFS)
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --suppress=ctuuninitvar --inline-suppr -Iinclude src
format: ## lays the source out by .clang-format
	clang-format -i $(CSRC)
size: $(O)/kinglet ## what each module costs, beside the peers; fails above 80 KiB
	@tests/size $<

ZSH      ?= site-functions
SHARE     = $(DESTDIR)$(PREFIX)/share
INSTALLED = $(DESTDIR)$(PREFIX)/bin/kinglet $(SHARE)/man/man1/kinglet.1 $(SHARE)/bash-completion/completions/kinglet $(SHARE)/zsh/$(ZSH)/_kinglet
install: $(O)/kinglet $(DATA) ## binary, manual and completions to $(DESTDIR)$(PREFIX)
	install -D -m 755 $< $(word 1,$(INSTALLED))
	install -D -m 644 src/kinglet.1 $(word 2,$(INSTALLED))
	install -D -m 644 $(O)/kinglet.bash $(word 3,$(INSTALLED))
	install -D -m 644 $(O)/_kinglet $(word 4,$(INSTALLED))
uninstall: ## takes away what install has brought
	rm -f $(INSTALLED)
deb: $(O)/kinglet $(DATA) ## a Debian package of this build, in dist/
	@tests/dist/deb $(VERSION) $(DATE) dist $(MAKE) O=$(O)
dist: ## binaries for seven machines, tested under emulation, with sums and SBOM, in dist/
	@tests/dist/build $(VERSION)
	@tests/dist/sums $(VERSION) $(DATE)
repro: ## builds twice, in other folders, as other users, at other times: the same bytes
	@tests/dist/repro $(VERSION) $(DATE)
clean: ## removes build/
	rm -rf build dist
help: ## this list
	@sed -n 's/^\([a-z -]*\):.*## /\1\t/p' Makefile | expand -t 16

-include $(OBJ:.o=.d) $(HOBJ:.o=.d)
.PHONY: all check check-unit check-effect check-docs check-dist check-system check-docker check-lint check-fuzz fuzz bench size layers coverage sanitized analyze \
	lint format install uninstall deb dist repro cross clean help
