# vecmilvus: built with PostgreSQL's PGXS.
#
#   make                        build vecmilvus.so and the extension script
#   make install                into the server that PG_CONFIG names
#   make install-vector-alias   the extension `vector` as a second name (sql/compat)
#   make unit                   unit tests, no server needed
#   make installcheck           regress, isolation and TAP tests on a running server
#   make fuzz-bins              libFuzzer binaries (clang)
#   make bench-bins             kernel and parser benchmarks
#
# STRICT=1 turns warnings into errors and assertions on; SANITIZE=undefined
# builds with that sanitizer.

EXTENSION = vecmilvus
EXTVERSION = 0.1.0
MODULE_big = vecmilvus

PLAIN_SRCS = $(sort $(wildcard src/core/*.c src/simd/*.c src/quant/*.c src/filter/*.c))
SERVER_SRCS = $(sort $(wildcard src/*.c src/compat/*.c src/types/*.c src/consistency/*.c src/collection/*.c src/am/*.c src/am/*/*.c))
# Lexer and grammar of src/filter, written by flex and bison at build time.
GENERATED_SRCS = build/filter/gram.c build/filter/scan.c
OBJS = $(PLAIN_SRCS:.c=.o) $(SERVER_SRCS:.c=.o) $(GENERATED_SRCS:.c=.o)

SQL_PARTS = $(sort $(wildcard sql/parts/*.sql))
SCRIPT = sql/vecmilvus--$(EXTVERSION).sql
DATA_built = $(SCRIPT)
DATA = $(wildcard sql/vecmilvus--*--*.sql)

REGRESS = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=vecmilvus
ISOLATION = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --load-extension=vecmilvus
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl
PROVE_FLAGS = -I test/lib

EXTRA_CLEAN = build $(SCRIPT)

VM_WARNINGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
PLAIN_WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
ifdef STRICT
VM_WARNINGS += -Werror -DUSE_ASSERT_CHECKING
PLAIN_WARNINGS += -Werror
endif
ifdef SANITIZE
# The server is compiled with -fwrapv, which would define signed overflow away.
VM_SANITIZE = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-wrapv
endif

PG_CPPFLAGS = -Isrc -Ibuild
PG_CFLAGS = -std=gnu11 $(VM_WARNINGS) $(VM_SANITIZE)
SHLIB_LINK = $(VM_SANITIZE) -Wl,--version-script=vecmilvus.map

# No bitcode for the JIT: the kernels are called through a table, which JIT
# inlining cannot see through, and it would need every SIMD level twice.
override with_llvm := no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PGXS knows no header dependencies; every object depends on every header.
ALL_HEADERS = $(wildcard src/*.h src/*/*.h src/*/*/*.h)
$(OBJS): $(ALL_HEADERS) Makefile
$(shlib): vecmilvus.map

# Not PGXS's rules: those write beside the source, and take the programs from
# the server's build, which may have had none.
VM_BISON ?= bison
VM_FLEX ?= flex

build/filter/gram.c: src/filter/filter.y Makefile
	@mkdir -p $(@D)
	$(VM_BISON) -Wall -Werror --header=build/filter/gram.h -o $@ $<
# bison writes both.
build/filter/gram.h: build/filter/gram.c
	@touch $@

build/filter/scan.c: src/filter/filter.l Makefile
	@mkdir -p $(@D)
	$(VM_FLEX) -o $@ $<

# What includes the header of the grammar, wherever its object goes.
USES_GRAMMAR = build/filter/gram build/filter/scan src/filter/parse
$(addsuffix .o,$(USES_GRAMMAR)): build/filter/gram.h

$(SCRIPT): $(SQL_PARTS)
	cat $(SQL_PARTS) > $@

# ---------------------------------------------------------------- satellites
# A satellite is a second library that vecmilvus.so loads on first use, because
# it links what a minimal PostgreSQL image lacks. To add one:
#   SATELLITES += blas
#   SATELLITE_blas_SRCS = src/quant/blas/gemm.c
#   SATELLITE_blas_LIBS = -lopenblas
# It becomes vecmilvus_blas.so, built and installed with the rest; its only
# exported symbol is the table of functions that src/README.md describes.
#
# blas is optional: WITH_BLAS=yes insists on it, WITH_BLAS=no leaves it out, and
# by default it is built where OpenBLAS's development files are installed.  IVF
# indexes are built without it too, in more time (src/am/blas.h).
WITH_BLAS ?= $(shell printf '\043include <cblas.h>\nint main(void) { return openblas_get_num_threads(); }\n' | \
	$(CC) -x c -o /dev/null - -lopenblas 2>/dev/null && echo yes || echo no)

SATELLITES = $(if $(filter yes,$(WITH_BLAS)),blas)
SATELLITE_blas_SRCS = src/quant/blas/gemm.c
SATELLITE_blas_LIBS = -lopenblas

define satellite
$$(SATELLITE_$(1)_SRCS:.c=.o): $$(ALL_HEADERS) Makefile

vecmilvus_$(1).so: $$(SATELLITE_$(1)_SRCS:.c=.o)
	$$(CC) $$(CFLAGS) -shared -Wl,--exclude-libs,ALL -o $$@ $$^ $$(VM_SANITIZE) $$(SATELLITE_$(1)_LIBS)

install-satellite-$(1): vecmilvus_$(1).so installdirs-lib
	$$(INSTALL_SHLIB) $$< '$$(DESTDIR)$$(pkglibdir)/'

uninstall-satellite-$(1):
	rm -f '$$(DESTDIR)$$(pkglibdir)/vecmilvus_$(1).so'

clean-satellite-$(1):
	rm -f vecmilvus_$(1).so $$(SATELLITE_$(1)_SRCS:.c=.o)

.PHONY: install-satellite-$(1) uninstall-satellite-$(1) clean-satellite-$(1)
all: vecmilvus_$(1).so
install: install-satellite-$(1)
uninstall: uninstall-satellite-$(1)
clean: clean-satellite-$(1)
endef
$(foreach s,$(SATELLITES),$(eval $(call satellite,$(s))))

# ---------------------------------------------------------- the alias `vector`
ALIAS_DIR = $(DESTDIR)$(datadir)/extension

.PHONY: install-vector-alias uninstall-vector-alias
install-vector-alias:
	scripts/install-vector-alias '$(ALIAS_DIR)'

uninstall-vector-alias:
	scripts/install-vector-alias --remove '$(ALIAS_DIR)'

# ------------------------------------------- plain C: unit tests, fuzz, bench
# The one thing they take from PostgreSQL is its shortest-float writer.
PLAIN_CFLAGS = -std=gnu11 -O2 -g $(PLAIN_WARNINGS) -Isrc -Ibuild -Itest/lib $(VM_SANITIZE)
PLAIN_INCLUDES = -I$(shell $(PG_CONFIG) --includedir-server)
PLAIN_LIBS = -L$(shell $(PG_CONFIG) --pkglibdir) -L$(shell $(PG_CONFIG) --libdir) -lpgcommon -lpgport -lm
PLAIN_OUT = build/plain$(if $(SANITIZE),-$(SANITIZE))
PLAIN_OBJS = $(PLAIN_SRCS:src/%.c=$(PLAIN_OUT)/%.o) $(GENERATED_SRCS:build/%.c=$(PLAIN_OUT)/%.o)
PLAIN_HEADERS = $(wildcard src/core/*.h src/simd/*.h src/quant/*.h src/filter/*.h test/lib/*.h)
$(addprefix $(PLAIN_OUT)/filter/,gram.o scan.o parse.o): build/filter/gram.h

$(PLAIN_OUT)/%.o: src/%.c $(PLAIN_HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(PLAIN_CFLAGS) $(PLAIN_INCLUDES) -c -o $@ $<

$(PLAIN_OUT)/filter/gram.o $(PLAIN_OUT)/filter/scan.o: $(PLAIN_OUT)/%.o: build/%.c $(PLAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(PLAIN_CFLAGS) $(PLAIN_INCLUDES) -c -o $@ $<

UNIT_BINS = $(patsubst test/unit/%.c,$(PLAIN_OUT)/unit/%,$(sort $(wildcard test/unit/*.c)))
$(PLAIN_OUT)/unit/%: test/unit/%.c $(PLAIN_OBJS) $(PLAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(PLAIN_CFLAGS) $(PLAIN_INCLUDES) -o $@ $< $(PLAIN_OBJS) $(PLAIN_LIBS)

BENCH_BINS = $(patsubst bench/%.c,$(PLAIN_OUT)/bench/%,$(sort $(wildcard bench/*.c)))
$(PLAIN_OUT)/bench/%: bench/%.c $(PLAIN_OBJS) $(PLAIN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(PLAIN_CFLAGS) $(PLAIN_INCLUDES) -o $@ $< $(PLAIN_OBJS) $(PLAIN_LIBS)

FUZZ_CC ?= $(firstword $(foreach c,clang-19 clang clang-14,$(shell command -v $(c) 2>/dev/null)))
FUZZ_BINS = $(patsubst test/fuzz/%.c,build/fuzz/%,$(sort $(wildcard test/fuzz/*.c)))
FUZZ_CFLAGS = -std=gnu11 -O1 -g -Wall -Isrc -Ibuild -Itest/lib $(PLAIN_INCLUDES) -fno-sanitize-recover=all
FUZZ_OBJS = $(PLAIN_OBJS:$(PLAIN_OUT)/%=build/fuzz-objects/%)
$(addprefix build/fuzz-objects/filter/,gram.o scan.o parse.o): build/filter/gram.h
build/fuzz-objects/%.o: src/%.c $(PLAIN_HEADERS) Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(addprefix build/fuzz-objects/filter/,gram.o scan.o): build/fuzz-objects/%.o: build/%.c $(PLAIN_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

build/fuzz/%: test/fuzz/%.c $(FUZZ_OBJS) $(PLAIN_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $< $(FUZZ_OBJS) $(PLAIN_LIBS)

.PHONY: unit unit-bins fuzz-bins bench-bins
unit-bins: $(UNIT_BINS)
unit: unit-bins
	prove --exec '' $(UNIT_BINS)
fuzz-bins: $(FUZZ_BINS)
bench-bins: $(BENCH_BINS)
