/* Decorations: what compilers change from build to build is left out of a name, everything else stays, and no name, however
 * malformed, is read beyond its end. Names of Rust are as rustc 1.9x and its documentation spell them. */
#include "audit/decoration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* The pieces of a name, joined. */
static const char *bare(const char *name)
{
    static char joined[4096];
    struct cst_decoration_walk walk = cst_decoration_begin(name);
    const char *piece;
    size_t length = 0, total = 0;
    while ((length = cst_decoration_next(&walk, &piece)) > 0) {
        assert_true(piece >= name && piece + length <= name + strlen(name));
        assert_true(total + length < sizeof joined);
        memcpy(joined + total, piece, length);
        total += length;
    }
    joined[total] = '\0';
    return joined;
}

static void suffixes_of_clones_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(bare("open_account.constprop.0"), "open_account");
    assert_string_equal(bare("open_account.isra.1.cold"), "open_account");
    assert_string_equal(bare("open_account.part.0"), "open_account");
    assert_string_equal(bare("open_account.cold"), "open_account");
    assert_string_equal(bare("open_account.llvm.1234567890"), "open_account");
    assert_string_equal(bare("open_account.lto_priv.3"), "open_account");
    assert_string_equal(bare("nested.12"), "nested");
    assert_string_equal(bare("_ZN4bank4openEv.cold"), "_ZN4bank4openEv");
}

static void other_names_stay_as_they_are(void **state)
{
    (void)state;
    static const char *const names[] = {
        "main", "_ZN4bank7accountC1Ev", "partly.cold_start",   "main.func1", ".cold", "colder", "main.", "bank.Open",
        "",     "_ZN4bank17h123E",      "17h0123456789abcdefE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_string_equal(bare(names[i]), names[i]);
    }
}

static void the_hash_of_rusts_older_mangling_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(bare("_ZN5alloc5boxed12Box$LT$T$GT$3new17h0123456789abcdefE"),
                        "_ZN5alloc5boxed12Box$LT$T$GT$3new");
    assert_string_equal(bare("_ZN4core3ptr42drop_in_place$LT$std..part.0..Foo$GT$17hfedcba9876543210E.llvm.99"),
                        "_ZN4core3ptr42drop_in_place$LT$std..part.0..Foo$GT$");
}

static void hashes_of_crates_and_disambiguators_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(bare("_RNvCs4fqI2P2rA04_7mycrate4open"), "_RNvC7mycrate4open");
    assert_string_equal(bare("_RNvC7mycrate4open"), "_RNvC7mycrate4open");
    assert_string_equal(bare("_RNCNvCs4fqI2P2rA04_7mycrate4mains_0.llvm.7"), "_RNCNvC7mycrate4main0");
    assert_string_equal(bare("_RNvMs1_Cs4fqI2P2rA04_7mycrateNtB5_7Account4open"), "_RNvMC7mycrateNtB7Account4open");
    assert_string_equal(bare("_RNvXs_Csb_1aNtB4_1TNtCs9_1b1D1f"), "_RNvXC1aNtB1TNtC1b1D1f");
}

/* Names have an `s` and digits of their own, types an `s` too, and constants have digits that are no lengths. */
static void what_only_looks_like_a_disambiguator_stays(void **state)
{
    (void)state;
    assert_string_equal(bare("_RNvC1a7s1_2s3_"), "_RNvC1a7s1_2s3_");
    assert_string_equal(bare("_RINvC1a4openslE"), "_RINvC1a4openslE");
    assert_string_equal(bare("_RINvC1a4openKj9_E"), "_RINvC1a4openKj9_E");
    assert_string_equal(bare("_RINvC1a4openFG0_RL0_sEuE"), "_RINvC1a4openFG0_RL0_sEuE");
    assert_string_equal(bare("_RNvC1au4s1_2"), "_RNvC1au4s1_2");
}

static void names_of_one_function_in_two_builds_are_equal(void **state)
{
    (void)state;
    char first[256];
    strcpy(first, bare("_RINvNtCs4fqI2P2rA04_5alloc5boxed3newNtCsaaaaaaaaaaa_7mycrate7AccountEB13_"));
    assert_string_equal(bare("_RINvNtCsbbb_5alloc5boxed3newNtCscccccccccccc_7mycrate7AccountEBX_"), first);
    assert_string_not_equal(bare("_RINvNtCsbbb_5alloc5boxed3newNtCscccccccccccc_7mycrate6LedgerEBX_"), first);
}

/* Each name once more, cut at each of its bytes, at the end of a page that nothing follows. */
static void malformed_names_are_read_no_further_than_their_end(void **state)
{
    (void)state;
    static const char *const names[] = {"_RNvMs1_Cs4fqI2P2rA04_7mycrateNtB5_7Account4openKj9_FG0_RL0_",
                                        "_RNvC99999999999999999999999999_1", "_RsB_s_KaLsGs0zC",
                                        "_ZN5alloc17h0123456789abcdefE.llvm.1", "open.constprop.0"};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t length = 0; length <= strlen(names[i]); length++) {
            char *name = pages + page - length - 1;
            memcpy(name, names[i], length);
            name[length] = '\0';
            assert_true(strlen(bare(name)) <= length);
        }
    }
    munmap(pages, 2 * page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suffixes_of_clones_are_left_out),
        cmocka_unit_test(other_names_stay_as_they_are),
        cmocka_unit_test(the_hash_of_rusts_older_mangling_is_left_out),
        cmocka_unit_test(hashes_of_crates_and_disambiguators_are_left_out),
        cmocka_unit_test(what_only_looks_like_a_disambiguator_stays),
        cmocka_unit_test(names_of_one_function_in_two_builds_are_equal),
        cmocka_unit_test(malformed_names_are_read_no_further_than_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
