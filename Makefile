# One non-recursive makefile.
#   make [SAN=1|COV=1] [WERROR=1] [V=1] [CC=clang]   tools into build/<flavour>/bin
#   make test | golden | fuzz | bench | bench-multi | lint | prereq-check | cdgate-smoke | m5-gate | correlation-gate | install | uninstall | clean
# CFLAGS, CPPFLAGS and LDFLAGS are the user's and come last.

, := ,
VERSION := $(shell sed -n 's/^\#\# \[\([0-9][^]]*\)\].*/\1/p;T;q' CHANGELOG.md)
PREFIX         ?= /usr/local
PROGRAM_PREFIX ?= slo-
DESTDIR        ?=
PKG_CONFIG     ?= pkg-config
INSTALL        ?= install
FUZZ_CC        ?= clang
FUZZ_RUNS      ?= 20000

FLAVOUR := $(if $(SAN),san,$(if $(COV),cov,release))
B       := build/$(FLAVOUR)$(if $(filter clang%,$(notdir $(CC))),-clang)
Q       := $(if $(V),,@)
msg      = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)';)

TOOLS    := $(notdir $(patsubst %/,%,$(wildcard cmd/*/)))
# The stimulus program of the kernel tests lives with the probes, but is not of the library.
STIM_SRC := $(filter-out %_test.c,$(wildcard lib/probe/stim*.c))
LIB_SRC  := $(filter-out %_test.c %_fuzz.c %_bench.c $(STIM_SRC),$(wildcard lib/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o) $(B)/gen/otlp.pb-c.o
LIB      := $(B)/libslo.a
TEST_SRC := $(wildcard lib/*/*_test.c)
TESTS    := $(TEST_SRC:lib/%.c=$(B)/test/%)
FUZZ_SRC := $(wildcard lib/*/*_fuzz.c)
FUZZERS  := $(FUZZ_SRC:lib/%.c=build/fuzz/bin/%)
BENCH_SRC := $(wildcard lib/*/*_bench.c)
BENCHES  := $(BENCH_SRC:lib/%.c=$(B)/bench/%)
MAN      := $(wildcard man/*.[157])
BPF_SRC  := $(wildcard bpf/*.bpf.c)
BPF_OBJ  := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.o)

# The first clang that can compile the probes: 16 or newer.
BPF_CLANG ?= $(firstword $(shell for c in clang clang-19 clang-18 clang-17 clang-16; do \
	v=$$($$c -dumpversion 2>/dev/null | cut -d. -f1); [ "$${v:-0}" -ge 16 ] && echo $$c; done) clang-16)
BPF_ARCH := $(subst x86_64,x86,$(subst aarch64,arm64,$(shell uname -m)))
LLVM_STRIP ?= llvm-strip

PKGS := jansson yaml-0.1 libpcre2-8 libcurl libmicrohttpd openssl libbpf libelf zlib libprotobuf-c
DEP_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS))
# --as-needed: a tool links only what it uses, so a plain filter starts without libcurl.
DEP_LIBS   := -Wl,--as-needed $(shell $(PKG_CONFIG) --libs $(PKGS)) -lm -pthread
CHECK_LIBS := $(shell $(PKG_CONFIG) --libs check)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wcast-align -Wformat=2 -Wundef \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla -Wwrite-strings -Wredundant-decls \
	-Wpointer-arith -Wimplicit-fallthrough
SLO_CPPFLAGS := -Ilib -iquote . -isystem build/gen -D_GNU_SOURCE -MMD -MP $(DEP_CFLAGS)
SLO_CFLAGS := -std=c11 -O2 -g $(WARN) $(if $(WERROR),-Werror) -fno-strict-aliasing -fstack-protector-strong \
	-ffile-prefix-map=$(CURDIR)=. -pthread \
	$(if $(SAN),-fsanitize=address$(,)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1) \
	$(if $(COV),--coverage -O0)
SLO_LDFLAGS := $(if $(SAN),-fsanitize=address$(,)undefined) $(if $(COV),--coverage) -pthread

COMPILE = $(CC) $(SLO_CPPFLAGS) $(SLO_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK    = $(CC) $(SLO_CFLAGS) $(CFLAGS) $(SLO_LDFLAGS) $(LDFLAGS)

.PHONY: all lib tests test golden schema-validate fuzz fuzz-build bench bench-build bench-multi prereq-check cdgate-smoke m5-gate lint install uninstall clean version
.SECONDARY:
.DELETE_ON_ERROR:

all: $(TOOLS:%=$(B)/bin/%)
lib: $(LIB)
STIM     := $(B)/test/probe/stim
tests: $(TESTS) $(STIM)

# One object knows the version; it is rebuilt when the changelog changes.
$(B)/lib/base/version.o: SLO_CPPFLAGS += -DSLO_VERSION='"$(VERSION)"'
$(B)/lib/base/version.o: CHANGELOG.md

$(B)/%.o: %.c
	$(call msg,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -c $< -o $@

# The messages of OTLP, out of our own description of them; the same for every flavour.
OTLP := build/gen/otlp.pb-c
$(OTLP).c: lib/net/otlp.proto
	$(call msg,PROTOC,$<)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(<D) --c_out=$(@D) $(<F)
$(OTLP).h: $(OTLP).c ;
$(B)/gen/otlp.pb-c.o: $(OTLP).c
	$(call msg,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -w -c $< -o $@
build/fuzz/gen/otlp.pb-c.o: $(OTLP).c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(SLO_CPPFLAGS) -std=c11 $(FUZZ_FLAGS) -w -c $< -o $@
# Needed before the first compilation; later the dependency files know.
OTLP_USERS := $(wildcard lib/net/otlp_*.c)
$(OTLP_USERS:%.c=$(B)/%.o) $(OTLP_USERS:%.c=build/fuzz/%.o): | $(OTLP).h

# BPF objects are the same for every flavour; each travels inside the library.
build/bpf/%.bpf.o: bpf/%.bpf.c
	$(call msg,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(BPF_CLANG) -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -isystem /usr/include/$(shell $(CC) -print-multiarch) \
		-Wall -Wextra -Werror -Wno-unused-parameter -ffile-prefix-map=$(CURDIR)=. -MMD -MP -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@
$(BPF_OBJ): $(B)/bpf/%.o: build/bpf/%.bpf.o lib/probe/bpf_object.S
	@mkdir -p $(@D)
	$(Q)$(CC) -DNAME=slo_bpf_obj_$* -DFILE='"$<"' -c lib/probe/bpf_object.S -o $@

$(LIB): $(LIB_OBJ) $(BPF_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

define tool
$(B)/bin/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard cmd/$(1)/*.c)) $(LIB)
	$$(call msg,LINK,$$@)
	@mkdir -p $$(@D)
	$(Q)$$(LINK) $$^ -o $$@ $(DEP_LIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(t))))

# schemavalidate carries the shipped schemas with it.
SCHEMAS := $(sort $(wildcard schemas/*.json)) config/toolkit.schema.json
$(B)/gen/schemas.c: $(SCHEMAS) scripts/embed
	@mkdir -p $(@D)
	$(Q)scripts/embed $(SCHEMAS) >$@
$(B)/gen/schemas.o: $(B)/gen/schemas.c
	$(call msg,CC,$<)
	$(Q)$(COMPILE) -c $< -o $@
$(B)/bin/schemavalidate: $(B)/gen/schemas.o

# attributor carries the learned model with it.
$(B)/gen/model.c: config/attribution-model.json scripts/embed
	@mkdir -p $(@D)
	$(Q)scripts/embed $< >$@
$(B)/gen/model.o: $(B)/gen/model.c
	$(call msg,CC,$<)
	$(Q)$(COMPILE) -c $< -o $@
$(B)/bin/attributor: $(B)/gen/model.o

$(B)/test/%: $(B)/lib/%.o $(LIB)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $^ -o $@ $(CHECK_LIBS) $(DEP_LIBS)

$(STIM): $(STIM_SRC:%.c=$(B)/%.o) $(LIB)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $^ -o $@ $(DEP_LIBS)

$(B)/bench/%: $(B)/lib/%.o $(LIB)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $^ -o $@ $(DEP_LIBS)

# Fuzzers compile the library with coverage instrumentation of their own.
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -O1 -g
build/fuzz/%.o: %.c
	$(call msg,FUZZCC,$<)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(SLO_CPPFLAGS) -std=c11 $(FUZZ_FLAGS) -DSLO_VERSION='"$(VERSION)"' -c $< -o $@
build/fuzz/libslo.a: $(LIB_SRC:%.c=build/fuzz/%.o) build/fuzz/gen/otlp.pb-c.o
	$(Q)rm -f $@ && $(AR) rcsD $@ $^
build/fuzz/bin/%: build/fuzz/lib/%.o build/fuzz/libslo.a
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $^ -o $@ $(DEP_LIBS)
fuzz-build: $(FUZZERS)
fuzz: fuzz-build
	@scripts/fuzz build/fuzz/bin $(FUZZ_RUNS)

test: all tests
	@scripts/run-tests $(B)
golden: all
	@scripts/golden $(B)/bin
schema-validate: all
	@scripts/check-schemas $(B)/bin
bench-build: all $(BENCHES)
bench: bench-build
	@scripts/bench $(B)

# Samples of several faults at once, from recordings, through the attributor.
MULTI := artifacts/fault-replay/multi_fault_samples.jsonl
bench-multi: $(B)/bin/faultreplay $(B)/bin/benchgen $(B)/bin/attributor
	@$(B)/bin/faultreplay --scenario mixed_multi --count 30 --out $(MULTI)
	@$(B)/bin/benchgen --input $(MULTI) --scenario mixed_multi --out artifacts/benchmarks-multi

# The deployment gate against a real Prometheus, with and without a fault.
cdgate-smoke: $(B)/bin/sloctl $(B)/bin/loadgen $(B)/bin/faultinject
	@scripts/check-cdgate $(B)/bin real

prereq-check: $(B)/bin/sloctl
	@$(B)/bin/sloctl prereq check

# Options in M5GATE_FLAGS; make itself fails unless the verdict is PASS.
m5-gate: $(B)/bin/m5gate
	@$(B)/bin/m5gate $(M5GATE_FLAGS)

# The correlation tiers against labelled pairs; options in CORRELATION_FLAGS.
.PHONY: correlation-gate
correlation-gate: $(B)/bin/correlationeval
	@$(B)/bin/correlationeval $(CORRELATION_FLAGS)

# The recorded set against its manifest; and from it the file of samples for tests of attribution.
.PHONY: check-incidents multi-fault-samples
check-incidents: $(B)/bin/schemavalidate
	@scripts/lab/check-incidents --require --bin $(B)/bin testdata/incidents
multi-fault-samples: $(B)/bin/faultreplay $(B)/bin/schemavalidate
	@scripts/lab/multi-fault-samples $(B)/bin

lint:
	@scripts/lint

install: all
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/llm-slo/schemas
	$(foreach t,$(TOOLS),$(INSTALL) -m 0755 $(B)/bin/$(t) $(DESTDIR)$(PREFIX)/bin/$(if $(filter sloctl,$(t)),,$(PROGRAM_PREFIX))$(t) &&) true
	$(INSTALL) -m 0644 $(wildcard schemas/*.json) $(DESTDIR)$(PREFIX)/share/llm-slo/schemas/
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/share/llm-slo/scenarios
	$(INSTALL) -m 0644 $(wildcard config/scenarios/*.yaml) $(DESTDIR)$(PREFIX)/share/llm-slo/scenarios/
	$(foreach m,$(MAN),$(INSTALL) -D -m 0644 $(m) $(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m)))/$(if $(filter 1,$(patsubst .%,%,$(suffix $(m)))),$(if $(filter sloctl.1,$(notdir $(m))),,$(PROGRAM_PREFIX)))$(notdir $(m)) &&) true

uninstall:
	rm -f $(foreach t,$(TOOLS),$(DESTDIR)$(PREFIX)/bin/$(if $(filter sloctl,$(t)),,$(PROGRAM_PREFIX))$(t))
	rm -f $(foreach m,$(MAN),$(DESTDIR)$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m)))/$(if $(filter 1,$(patsubst .%,%,$(suffix $(m)))),$(if $(filter sloctl.1,$(notdir $(m))),,$(PROGRAM_PREFIX)))$(notdir $(m)))
	rm -rf $(DESTDIR)$(PREFIX)/share/llm-slo

clean:
	rm -rf build
version:
	@echo $(VERSION)

-include $(shell find build -name '*.d' 2>/dev/null)
