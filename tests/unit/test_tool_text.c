/* Text in and out: printable text, bounded lines, source lines, the arena they live in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arena.h"
#include "line_source.h"
#include "paint.h"
#include "say.h"
#include "source_text.h"

static void assert_prints(const char *text, const char *printed)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    assert_non_null(out);
    cst_print_text(out, text);
    fclose(out);
    assert_string_equal(bytes, printed);
    free(bytes);
}

static void control_characters_are_made_visible(void **state)
{
    (void)state;
    assert_prints("plain \xc3\xa9", "plain \xc3\xa9");
    assert_prints("a\033[31mb\tc\x7f", "a\\x1b[31mb\\x09c\\x7f");
    assert_prints("\xc2\x9b"
                  "31m",
                  "\\xc2\\x9b31m");
    assert_prints("\xc2", "\xc2");
    assert_prints("\xc2\xa0", "\xc2\xa0");
}

static void paint_leaves_no_codes_without_colour(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t size = 0;
    struct cst_canvas canvas = {.file = open_memstream(&bytes, &size), .colour = false};
    cst_paint(&canvas, CST_PAINT_ERROR, "error");
    canvas.colour = true;
    cst_paint(&canvas, CST_PAINT_ERROR, "e");
    cst_paint(&canvas, CST_PAINT_PLAIN, "p");
    fclose(canvas.file);
    assert_string_equal(bytes, "error\033[1;31me\033[0mp");
    free(bytes);
}

static FILE *file_of(const char *text, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    rewind(file);
    return file;
}

static void lines_are_read_one_by_one(void **state)
{
    (void)state;
    static const char text[] = "one\n\nthree\0x\nlast";
    struct cst_line_source lines = {.file = file_of(text, sizeof text - 1)};
    assert_true(cst_line_source_next(&lines));
    assert_string_equal(lines.buffer, "one");
    assert_true(lines.complete);
    assert_true(cst_line_source_next(&lines));
    assert_int_equal(lines.length, 0);
    assert_true(cst_line_source_next(&lines));
    assert_int_equal(lines.length, 7);
    assert_true(cst_line_source_next(&lines));
    assert_string_equal(lines.buffer, "last");
    assert_false(lines.complete);
    assert_int_equal(lines.number, 4);
    assert_false(cst_line_source_next(&lines));
    fclose(lines.file);
    cst_line_source_free(&lines);
}

static void too_long_lines_are_cut_and_passed_over(void **state)
{
    (void)state;
    size_t size = CST_LINE_MAX + 3;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    text[CST_LINE_MAX + 1] = '\n';
    text[CST_LINE_MAX + 2] = 'y';
    struct cst_line_source lines = {.file = file_of(text, size)};
    assert_true(cst_line_source_next(&lines));
    assert_true(lines.too_long);
    assert_int_equal(lines.length, CST_LINE_MAX);
    assert_true(cst_line_source_next(&lines));
    assert_false(lines.too_long);
    assert_string_equal(lines.buffer, "y");
    fclose(lines.file);
    cst_line_source_free(&lines);
    free(text);
}

static void source_lines_are_found_by_number(void **state)
{
    (void)state;
    char path[] = "/tmp/custody-test-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "first\n  second\nthird", 20), 20);
    close(fd);
    struct cst_source_texts *texts = cst_source_texts_new();
    assert_string_equal(cst_source_texts_line(texts, path, 1), "first");
    unlink(path); /* read once */
    assert_string_equal(cst_source_texts_line(texts, path, 2), "  second");
    assert_string_equal(cst_source_texts_line(texts, path, 3), "third");
    assert_null(cst_source_texts_line(texts, path, 4));
    assert_null(cst_source_texts_line(texts, path, 0));
    assert_null(cst_source_texts_line(texts, NULL, 1));
    assert_null(cst_source_texts_line(texts, "/nonexistent", 1));
    assert_null(cst_source_texts_line(texts, "/dev/zero", 1));
    assert_null(cst_source_texts_line(texts, "/tmp", 1));
    cst_source_texts_free(texts);
}

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct cst_arena arena = {0};
    char *previous = NULL;
    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        char *bytes = cst_arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(bytes[i], 0);
        }
        memset(bytes, 'x', size);
        assert_ptr_not_equal(bytes, previous);
        previous = bytes;
    }
    cst_arena_free(&arena);
    assert_null(arena.chunks);
}

static void arrays_keep_their_elements_as_they_grow(void **state)
{
    (void)state;
    struct cst_arena arena = {0};
    int *numbers = NULL;
    for (int i = 0; i < 1000; i++) {
        numbers = cst_arena_extend(&arena, numbers, (size_t)i, sizeof *numbers);
        assert_int_equal(numbers[i], 0);
        numbers[i] = i;
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(numbers[i], i);
    }
    cst_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_are_made_visible),
        cmocka_unit_test(paint_leaves_no_codes_without_colour),
        cmocka_unit_test(lines_are_read_one_by_one),
        cmocka_unit_test(too_long_lines_are_cut_and_passed_over),
        cmocka_unit_test(source_lines_are_found_by_number),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(arrays_keep_their_elements_as_they_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
